// node grown.mjs FOLDER: a snapshot of a memory that grew, restored in fresh instances in several ways.
// Prints JSON.

import fs from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import { inspectSnapshot, restoreSnapshot, takeSnapshot } from '../../../npm/snapshot/index.mjs';
import { createPython } from '../../../xtask/js/run.mjs';

/** @typedef {import('../../../npm/snapshot/instance.mjs').Target} Target */

const PAGE = 4096;
const [folder = ''] = process.argv.slice(2);
const pyemBuild = fs.readFileSync(path.join(folder, 'python.build'), 'utf8');
const compiled = new WebAssembly.Module(fs.readFileSync(path.join(folder, 'python.wasm')));

/** @param {(exports: WebAssembly.Exports) => void} [onInstance] */
function fresh(onInstance) {
  return createPython(folder, {
    pyemBuild,
    noInitialRun: true,
    /** @param {WebAssembly.Imports} imports @param {(instance: WebAssembly.Instance) => void} receive */
    instantiateWasm(imports, receive) {
      const instance = new WebAssembly.Instance(compiled, imports);
      onInstance?.(instance.exports);
      receive(instance);
    },
  });
}

/** @param {Target} python @param {string} source @returns {number} */
function run(python, source) {
  return python['ccall']('PyRun_SimpleString', 'number', ['string'], [source]);
}

/** Whether Python still has what it had. @param {Target} python */
function holds(python) {
  return run(python, 'assert big == bytes(range(100)) * 900_000') === 0;
}

const first = await fresh();
first['_python_start']();
run(first, 'big = bytes(range(100)) * 900_000');
const snapshot = takeSnapshot(first);
const before = new Uint8Array(first['wasmMemory'].buffer).slice();
const info = inspectSnapshot(snapshot);

const shared = new Uint8Array(new SharedArrayBuffer(snapshot.length));
shared.set(snapshot);
const foreign = vm.runInNewContext('new ArrayBuffer(length)', { length: snapshot.length });
new Uint8Array(foreign).set(snapshot);
const unaligned = new Uint8Array(snapshot.length + 1);
unaligned.set(snapshot, 1);

const module = await fresh();
restoreSnapshot(module, snapshot);
const after = new Uint8Array(module['wasmMemory'].buffer);
let differing = 0;
for (const { page, pages } of info.runs) {
  const start = page * PAGE;
  const part = (/** @type {Uint8Array} */ all) => Buffer.from(all.buffer, start, pages * PAGE);
  // The dead part of the stack is not stored.
  const skip = start < info.stackPointer && info.stackPointer < start + pages * PAGE ? info.stackPointer - start : 0;
  if (part(before).subarray(skip).compare(part(after).subarray(skip)) !== 0) differing++;
}
let at = info.dataOffset;
let dead = 0;
for (const { page, pages } of info.runs) {
  const below = info.stackPointer - page * PAGE;
  if (below > 0 && below < pages * PAGE)
    dead += snapshot.subarray(at + below - (below % PAGE), at + below).filter(Boolean).length;
  at += pages * PAGE;
}

const instance = await fresh((exports) => restoreSnapshot(exports, snapshot, { build: pyemBuild }));
const realm = await fresh();
restoreSnapshot(realm, foreign);
const fromShared = await fresh();
restoreSnapshot(fromShared, shared.buffer);
const view = await fresh();
restoreSnapshot(view, new DataView(unaligned.buffer, 1));

process.stdout.write(
  JSON.stringify({
    restored: {
      module: holds(module),
      instance: holds(instance),
      'other realm': holds(realm),
      shared: holds(fromShared),
      view: holds(view),
    },
    differing,
    'below the stack pointer': dead,
  }),
);
