/* The system calls of Python's interpreter (WASI preview 1), answered from memory: files, a clock,
   random numbers, output. There is no network and nothing of the reader's machine. */

const OK = 0, BADF = 8, EXIST = 20, INVAL = 28, ISDIR = 31, NOENT = 44, NOSYS = 52;
const CHARACTERS = 2, FOLDER = 3, FILE = 4; // types of a file
const CREATE = 1, MUST_BE_FOLDER = 2, EXCLUSIVE = 4, TRUNCATE = 8; // how a file is opened
const APPEND = 1;

export class Exit extends Error {
  constructor(code) {
    super(`Python has ended with ${code}`);
    this.code = code;
  }
}

/* Files by their whole path, without the first "/". A folder is there when it has been made, or when
   something is in it. */
export class Files {
  #files = new Map();
  #folders = new Set([""]);

  write(path, bytes) {
    const file = { bytes, size: bytes.length };
    this.#files.set(path, file);
    this.makeFolder(path.slice(0, Math.max(path.lastIndexOf("/"), 0)));
    return file;
  }
  makeFolder(path) {
    for (; !this.#folders.has(path); path = path.slice(0, Math.max(path.lastIndexOf("/"), 0)))
      this.#folders.add(path);
  }
  find(path) {
    return this.#files.get(path);
  }
  isFolder(path) {
    return this.#folders.has(path);
  }
  inside(folder) {
    const start = folder && folder + "/";
    return [...this.#folders, ...this.#files.keys()].filter(
      (path) => path && path.startsWith(start) && path !== folder && !path.includes("/", start.length),
    );
  }
  remove(path) {
    return this.#files.delete(path);
  }
  removeFolder(path) {
    return !this.inside(path).length && this.#folders.delete(path);
  }
  move(from, to) {
    const file = this.find(from);
    if (file) this.write(to, file.bytes).size = file.size;
    return this.remove(from);
  }
}

/* The calls. `output(number, text)` gets what Python writes to 1 (standard output) and 2 (errors);
   `devices` are functions by path: each gets what is written there. */
export function systemCalls(files, { args, environment, output, devices = {} }) {
  const encoder = new TextEncoder(), decoder = new TextDecoder();
  const characters = (number) => {
    const text = new TextDecoder(); // a letter may come in two pieces
    return { type: CHARACTERS, write: (bytes) => output(number, text.decode(bytes, { stream: true })) };
  };
  const open = [{ type: CHARACTERS, write() {} }, characters(1), characters(2), { type: FOLDER, path: "" }];
  let memory = null;
  const view = () => new DataView(memory.buffer);
  const bytes = (pointer, length) => new Uint8Array(memory.buffer, pointer, length);
  const put = (pointer, value) => (view().setUint32(pointer, value, true), OK);
  const putLong = (pointer, value) => (view().setBigUint64(pointer, BigInt(value), true), OK);

  function path(folder, pointer, length) {
    const parts = open[folder].path.split("/").filter(Boolean);
    for (const part of decoder.decode(bytes(pointer, length).slice()).split("/"))
      if (part === "..") parts.pop();
      else if (part && part !== ".") parts.push(part);
    return parts.join("/");
  }
  function pieces(pointer, count) { // of memory, that is read or written in one call
    return Array.from({ length: count }, (_, i) =>
      bytes(view().getUint32(pointer + 8 * i, true), view().getUint32(pointer + 8 * i + 4, true)));
  }
  function state(pointer, type, size) {
    bytes(pointer, 64).fill(0);
    view().setUint8(pointer + 16, type);
    putLong(pointer + 24, 1);
    return putLong(pointer + 32, size);
  }
  function read(entry, buffers, position) {
    const start = position;
    for (const buffer of buffers) {
      const part = entry.file.bytes.subarray(position, Math.min(position + buffer.length, entry.file.size));
      buffer.set(part);
      position += part.length;
    }
    return position - start;
  }
  function write({ file }, buffers, position) {
    const start = position;
    for (const buffer of buffers) {
      const end = position + buffer.length;
      if (end > file.bytes.length) {
        const larger = new Uint8Array(2 * end);
        larger.set(file.bytes.subarray(0, file.size));
        file.bytes = larger;
      }
      file.bytes.set(buffer, position);
      file.size = Math.max(file.size, (position = end));
    }
    return position - start;
  }
  function strings(list, pointers, buffer) {
    for (const text of list) {
      const line = encoder.encode(text + "\0");
      put(pointers, buffer);
      bytes(buffer, line.length).set(line);
      pointers += 4;
      buffer += line.length;
    }
    return OK;
  }
  const length = (list) => list.reduce((sum, text) => sum + encoder.encode(text).length + 1, 0);
  const sizes = (list) => (count, size) => put(count, list.length) || put(size, length(list));
  const now = (clock) => BigInt(Math.round(1e6 * (clock === 0 ? Date.now() : performance.now())));

  const calls = {
    args_get: (pointers, buffer) => strings(args, pointers, buffer),
    args_sizes_get: sizes(args),
    environ_get: (pointers, buffer) => strings(environment, pointers, buffer),
    environ_sizes_get: sizes(environment),
    clock_res_get: (clock, pointer) => putLong(pointer, 1000),
    clock_time_get: (clock, precision, pointer) => putLong(pointer, now(clock)),
    random_get: (pointer, count) => {
      for (let at = 0; at < count; at += 65536)
        crypto.getRandomValues(bytes(pointer + at, Math.min(65536, count - at)));
      return OK;
    },
    sched_yield: () => OK,
    proc_exit: (code) => {
      throw new Exit(code);
    },
    poll_oneoff: (subscriptions, events, count, found) => { // sleep; there is nothing else to wait for
      const [clock, timeout, flags] = [
        view().getUint32(subscriptions + 16, true),
        view().getBigUint64(subscriptions + 24, true),
        view().getUint16(subscriptions + 40, true),
      ];
      const end = flags & 1 ? timeout : now(clock) + timeout;
      while (now(clock) < end);
      bytes(events, 32).fill(0);
      putLong(events, view().getBigUint64(subscriptions, true));
      return put(found, 1);
    },

    fd_prestat_get: (fd, pointer) => (fd === 3 ? put(pointer, 0) || put(pointer + 4, 1) : BADF),
    fd_prestat_dir_name: (fd, pointer) => (bytes(pointer, 1).set([47]), OK),
    fd_fdstat_get: (fd, pointer) => {
      if (!open[fd]) return BADF;
      bytes(pointer, 24).fill(0);
      view().setUint8(pointer, open[fd].type);
      return putLong(pointer + 8, 0x1fffffff) || putLong(pointer + 16, 0x1fffffff); // every right
    },
    fd_fdstat_set_flags: () => OK,
    fd_filestat_get: (fd, pointer) =>
      open[fd] ? state(pointer, open[fd].type, open[fd].file?.size ?? 0) : BADF,
    fd_filestat_set_size: (fd, size) => {
      const { file } = open[fd];
      if (Number(size) > file.size) write(open[fd], [new Uint8Array(Number(size) - file.size)], file.size);
      file.size = Number(size);
      return OK;
    },
    fd_filestat_set_times: () => OK,
    fd_close: (fd) => (open[fd] ? (delete open[fd], OK) : BADF),
    fd_sync: () => OK,
    fd_datasync: () => OK,
    fd_advise: () => OK,
    fd_read: (fd, pointer, count, found) => {
      const entry = open[fd];
      if (!entry) return BADF;
      if (entry.type === FOLDER) return ISDIR;
      const size = entry.file ? read(entry, pieces(pointer, count), entry.position) : 0;
      entry.position += size;
      return put(found, size);
    },
    fd_pread: (fd, pointer, count, offset, found) =>
      open[fd]?.file ? put(found, read(open[fd], pieces(pointer, count), Number(offset))) : BADF,
    fd_write: (fd, pointer, count, found) => {
      const entry = open[fd];
      if (!entry) return BADF;
      const buffers = pieces(pointer, count);
      if (entry.write) {
        buffers.forEach((buffer) => entry.write(buffer.slice()));
        return put(found, buffers.reduce((sum, buffer) => sum + buffer.length, 0));
      }
      if (entry.append) entry.position = entry.file.size;
      const size = write(entry, buffers, entry.position);
      entry.position += size;
      return put(found, size);
    },
    fd_pwrite: (fd, pointer, count, offset, found) =>
      open[fd]?.file ? put(found, write(open[fd], pieces(pointer, count), Number(offset))) : BADF,
    fd_seek: (fd, offset, from, found) => {
      const entry = open[fd];
      if (!entry?.file) return BADF;
      entry.position = [0, entry.position, entry.file.size][from] + Number(offset);
      return putLong(found, entry.position);
    },
    fd_tell: (fd, found) => (open[fd]?.file ? putLong(found, open[fd].position) : BADF),
    fd_readdir: (fd, buffer, size, cookie, used) => {
      const end = buffer + size;
      let at = buffer;
      const all = files.inside(open[fd].path);
      for (let i = Number(cookie); i < all.length && at < end; i++) {
        const name = encoder.encode(all[i].slice(all[i].lastIndexOf("/") + 1));
        const entry = new DataView(new ArrayBuffer(24));
        entry.setBigUint64(0, BigInt(i + 1), true);
        entry.setUint32(16, name.length, true);
        entry.setUint8(20, files.isFolder(all[i]) ? FOLDER : FILE);
        for (const part of [new Uint8Array(entry.buffer), name]) {
          const fits = part.subarray(0, end - at);
          bytes(at, fits.length).set(fits);
          at += fits.length;
        }
      }
      return put(used, at - buffer);
    },

    path_open: (folder, follow, pointer, count, how, rights, inherited, flags, found) => {
      const where = path(folder, pointer, count);
      let entry = null;
      if (devices[where]) entry = { type: CHARACTERS, write: devices[where] };
      else if (files.find(where) && !(how & MUST_BE_FOLDER)) {
        if (how & EXCLUSIVE) return EXIST;
        const file = files.find(where);
        if (how & TRUNCATE) file.size = 0;
        entry = { type: FILE, file, position: 0, append: flags & APPEND };
      } else if (files.isFolder(where)) entry = { type: FOLDER, path: where };
      else if (how & CREATE)
        entry = { type: FILE, file: files.write(where, new Uint8Array()), position: 0, append: flags & APPEND };
      else return NOENT;
      return put(found, open.push(entry) - 1);
    },
    path_filestat_get: (folder, follow, pointer, count, to) => {
      const where = path(folder, pointer, count);
      const file = files.find(where);
      if (file) return state(to, FILE, file.size);
      return files.isFolder(where) ? state(to, FOLDER, 0) : NOENT;
    },
    path_filestat_set_times: () => OK,
    path_readlink: () => INVAL, // nothing is a link
    path_create_directory: (folder, pointer, count) => {
      const where = path(folder, pointer, count);
      if (files.isFolder(where) || files.find(where)) return EXIST;
      files.makeFolder(where);
      return OK;
    },
    path_remove_directory: (folder, pointer, count) =>
      files.removeFolder(path(folder, pointer, count)) ? OK : INVAL,
    path_unlink_file: (folder, pointer, count) => (files.remove(path(folder, pointer, count)) ? OK : NOENT),
    path_rename: (folder, pointer, count, toFolder, toPointer, toCount) =>
      files.move(path(folder, pointer, count), path(toFolder, toPointer, toCount)) ? OK : NOENT,
  };
  const missing = () => NOSYS;
  return {
    calls: new Proxy(calls, { get: (known, name) => known[name] ?? missing }),
    use(instance) {
      memory = instance.exports.memory;
    },
  };
}
