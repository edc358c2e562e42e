// node grown.mjs FOLDER: a snapshot of a memory that grew, restored in several ways, in fresh
// instances and in one that ran Python. Prints JSON.

import crypto from 'node:crypto';
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

function fresh() {
  return createPython(folder, {
    pyemBuild,
    noInitialRun: true,
    /** @param {WebAssembly.Imports} imports @param {(instance: WebAssembly.Instance) => void} receive */
    instantiateWasm: (imports, receive) => receive(new WebAssembly.Instance(compiled, imports)),
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
const digest = crypto.createHash('sha256').update(snapshot).digest('hex');

const shared = new Uint8Array(new SharedArrayBuffer(snapshot.length));
shared.set(snapshot);
const foreign = vm.runInNewContext('new ArrayBuffer(length)', { length: snapshot.length });
new Uint8Array(foreign).set(snapshot);
const unaligned = new Uint8Array(snapshot.length + 1);
unaligned.set(snapshot, 1);

/** How many pages of what is the program's are not as before: all but dead stack, to the heap's end. @param {Target} python */
function differing(python) {
  const dead = [python['_emscripten_stack_get_end'](), python['_emscripten_stack_get_current']()];
  const end = python['_sbrk'](0);
  const [then, now] = [before, new Uint8Array(python['wasmMemory'].buffer)].map((all) =>
    Buffer.from(all.slice(0, end).fill(0, ...dead)),
  );
  let pages = 0;
  for (let at = 0; at < end; at += PAGE) {
    const page = (/** @type {Buffer | undefined} */ all) => /** @type {Buffer} */ (all).subarray(at, at + PAGE);
    if (!page(now).equals(page(then))) pages++;
  }
  return pages;
}

const module = await fresh();
restoreSnapshot(module, snapshot);

// Memory that is neither zero nor the snapshot's, below its heap's end and beyond it.
const used = await fresh();
used['_python_start']();
run(used, 'junk = [bytes([170]) * 1_000_000 for _ in range(120)]');
const memoryOfUsed = differing(used);
restoreSnapshot(used, snapshot);

let at = info.dataOffset;
let dead = 0;
for (const { page, pages } of info.runs) {
  const below = info.stackPointer - page * PAGE;
  if (below > 0 && below < pages * PAGE)
    dead += snapshot.subarray(at + below - (below % PAGE), at + below).filter(Boolean).length;
  at += pages * PAGE;
}

const realm = await fresh();
restoreSnapshot(realm, foreign);
const fromShared = await fresh();
restoreSnapshot(fromShared, shared.buffer, { sha256: digest });
const view = await fresh();
restoreSnapshot(view, new DataView(unaligned.buffer, 1), { sha256: digest });
const inspected = await fresh();
restoreSnapshot(inspected, shared.buffer, { inspected: true });

process.stdout.write(
  JSON.stringify({
    differing: { fresh: differing(module), used: differing(used), 'used, before': memoryOfUsed },
    restored: {
      module: holds(module),
      used: holds(used),
      'other realm': holds(realm),
      shared: holds(fromShared),
      view: holds(view),
      'inspected before': holds(inspected),
    },
    'below the stack pointer': dead,
  }),
);
