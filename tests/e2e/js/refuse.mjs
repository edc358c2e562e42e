// node refuse.mjs FOLDER SNAPSHOT: tries what must be refused, each in an instance of its own, then
// starts Python there. A line of JSON each: the error, whether memory is as it was, whether Python works.

import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { decodeSnapshot, encodeSnapshot, sealSnapshot } from '../../../npm/snapshot/format.mjs';
import { reseed, restoreSnapshot, SnapshotError, takeSnapshot } from '../../../npm/snapshot/index.mjs';
import { createPython } from '../../../xtask/js/run.mjs';

/** @typedef {import('../../../npm/snapshot/index.mjs').Target} Target */

const [folder = '', file = ''] = process.argv.slice(2);
const pyemBuild = fs.readFileSync(path.join(folder, 'python.build'), 'utf8').trim();
const snapshot = new Uint8Array(fs.readFileSync(file));
const info = decodeSnapshot(snapshot);

/** @param {(bytes: Uint8Array<ArrayBuffer>) => void} change */
function changed(change) {
  const bytes = snapshot.slice();
  change(bytes);
  return bytes;
}

/** A snapshot without pages that says something else. @param {Partial<typeof info>} other */
function saying(other) {
  const { bytes } = encodeSnapshot({ ...info, runs: [], ...other });
  sealSnapshot(bytes);
  return bytes;
}

/** @param {Target} python @param {string[]} names */
function without(python, ...names) {
  return { ...python, ...Object.fromEntries(names.map((name) => [name, undefined])) };
}

/** @param {Target} python */
function fromInsideACall(python) {
  /** @type {unknown} */
  let thrown;
  const attempt = () => {
    try {
      takeSnapshot(python);
    } catch (error) {
      thrown = error;
    }
    return python['_slots_int'](0);
  };
  python['_python_start']();
  const slot = python['addFunction'](attempt, 'i');
  run(python, `import offenders; offenders.function_at(${slot}, offenders.FLAGS['noargs'])()`);
  throw thrown;
}

/** @param {Target} python @param {string} source */
function run(python, source) {
  return python['ccall']('PyRun_SimpleString', 'number', ['string'], [source]);
}

/** @param {Target} python */
function memoryHash(python) {
  return crypto.createHash('sha256').update(new Uint8Array(python['wasmMemory'].buffer)).digest('hex');
}

/** @type {Record<string, (python: Target) => void>} */
const attempts = {
  text: (python) => restoreSnapshot(python, new TextEncoder().encode('import json')),
  nothing: (python) => restoreSnapshot(python, /** @type {any} */ (undefined)),
  newer: (python) =>
    restoreSnapshot(
      python,
      changed((bytes) => bytes.set([2], 8)),
    ),
  half: (python) => restoreSnapshot(python, snapshot.subarray(0, snapshot.length / 2)),
  flipped: (python) =>
    restoreSnapshot(
      python,
      changed((bytes) => bytes.set([/** @type {number} */ (bytes[100_000]) ^ 4], 100_000)),
    ),
  foreign: (python) => restoreSnapshot({ ...python, pyemBuild: 'ab'.repeat(32) }, snapshot),
  'longer table': (python) => {
    python['addFunction'](() => 0, 'i');
    restoreSnapshot(python, snapshot);
  },
  'side module': (python) =>
    restoreSnapshot(python, saying({ sideModules: [{ name: 'libx.so', tableBase: 7, memoryBase: 8 }] })),
  'stack pointer': (python) => {
    const other = { ...python, _emscripten_stack_get_current: () => 4096 };
    restoreSnapshot(without(other, '__emscripten_stack_restore'), snapshot);
  },
  '4 GB': (python) => restoreSnapshot(python, saying({ memorySize: 65535 * 65536 })),
  'no build': (python) => restoreSnapshot(without(python, 'pyemBuild'), snapshot),
  'no memory': (python) => restoreSnapshot(without(python, 'wasmMemory'), snapshot),
  'no table': (python) => restoreSnapshot(without(python, 'wasmTable'), snapshot),
  'no growMemory': (python) =>
    restoreSnapshot(without(python, 'growMemory'), saying({ memorySize: info.memorySize + 65536 })),
  'inside a call': fromInsideACall,
  'inside a call, with stacks of its own': (python) => {
    // As pages do that format their stacks.
    Error.prepareStackTrace = (_error, frames) => frames;
    try {
      fromInsideACall(python);
    } finally {
      Reflect.deleteProperty(Error, 'prepareStackTrace');
    }
  },
  'reseed without exports': (python) => reseed(without(python, '_PyRun_SimpleString')),
};

for (const [name, attempt] of Object.entries(attempts)) {
  const python = await createPython(folder, { pyemBuild, noInitialRun: true });
  const before = memoryHash(python);
  const started = name.startsWith('inside a call');
  try {
    attempt(python);
    throw new Error(`${name} was not refused`);
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    // A rewritten slot is marked in memory: by addFunction, not by the attempt.
    const untouched = started || name === 'longer table' || memoryHash(python) === before;
    const works = (started || python['_python_start']() === 0) && run(python, 'assert 6 * 7 == 42') === 0;
    const { code, message } = error;
    process.stdout.write(`${JSON.stringify({ name, code, message, untouched, works })}\n`);
  }
}
