/* The thread in which Python runs. It has no access to the page; it gets and sends messages. */

import { start } from "./engine.js";

const KEPT = "python"; // the browser's store of what has been fetched
const send = (message) => postMessage(message);
let python = null;
let said = ""; // what Python printed last: if it ends, the reason

const shelf = () => self.caches?.open(KEPT).catch(() => null); // storage may be refused

/* Fetch a file once: the browser keeps it, and checks what it got against its digest. */
async function fetched({ file, integrity }, base, progress) {
  const address = new URL(file, base).href;
  const store = await shelf();
  let answer = await store?.match(address);
  if (!answer) {
    answer = await fetch(address, { integrity }).catch(() => null);
    if (!answer?.ok) throw new Error("The connection broke before all was there. Try again: what came is kept.");
    const copy = answer.clone();
    if (!(await store?.put(address, copy).then(() => true, () => false))) send({ kind: "not kept" });
  }
  const counted = answer.body.pipeThrough(
    new TransformStream({
      transform(piece, to) {
        progress(piece.length);
        to.enqueue(piece);
      },
    }),
  );
  return new Response(counted);
}

/* A server may unpack a .gz itself, as a favour: then it is unpacked already. */
async function unpacked(response) {
  const packed = new Uint8Array(await response.arrayBuffer());
  if (packed[0] !== 0x1f || packed[1] !== 0x8b) return packed;
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function forgetOthers(files, base) {
  const store = await shelf();
  const kept = files.map(({ file }) => new URL(file, base).href);
  for (const request of (await store?.keys()) ?? [])
    if (!kept.includes(request.url)) await store.delete(request);
}

async function wake({ files, base, all, module }) {
  let done = 0;
  const progress = (bytes) => send({ kind: "progress", done: (done += bytes) });
  const contents = Object.fromEntries(
    await Promise.all(
      files
        .filter(({ path }) => path || !module)
        .map(async (each) => [each.path, await unpacked(await fetched(each, base, progress))]),
    ),
  );
  send({ kind: "starting" });
  module ??= await WebAssembly.compile(contents[""]).catch(() => {
    throw new Error(); // without words: the browser is too old
  });
  delete contents[""];
  python = await start(module, contents, {
    output: (number, text) => {
      said = text;
      send({ kind: number === 1 ? "text" : "warning", text });
    },
    devices: { "dev/page": (bytes) => send(JSON.parse(new TextDecoder().decode(bytes))) },
  });
  run(`import sys, zipfile, os
zipfile.ZipFile("/lib/matplotlib.zip").extractall("/lib/packages")
zipfile.ZipFile("/lib/course.zip").extractall("/course")
sys.path += ["/lib/packages", "/lib/symbolic.zip", "/course", "/course/book", "/course/book/_ext", "/course/book/awake"]
os.chdir("/course/book")
import kernel
kernel.take_over("/dev/page")`);
  send({ kind: "awake", module });
  await forgetOthers(all, base);
}

function run(code) {
  if (python.run(code)) throw new Error(said.trim());
}

const quoted = (value) => JSON.stringify(JSON.stringify(value)); // for json.loads
const does = {
  wake,
  run: ({ cell, code, smaller }) =>
    run(`__import__("kernel").run(${cell}, ${JSON.stringify(code)}, ${smaller ? "True" : "False"})`),
  draw: ({ cell, values }) => run(`__import__("kernel").draw(${cell}, __import__("json").loads(${quoted(values)}))`),
};
onmessage = async ({ data }) => {
  try {
    await does[data.kind](data);
  } catch (error) {
    send({ kind: "lost", text: error.message });
  }
};
