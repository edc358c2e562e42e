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

/** @type {WeakSet<Target>} */
const running = new WeakSet();

/** @param {Target} python @returns {number} */
function start(python) {
  running.add(python);
  return python['_python_start']();
}

/** Tries while Python runs. @param {Target} python @param {() => void} attempt */
function fromInsideACall(python, attempt) {
  /** @type {unknown} */
  let thrown;
  start(python);
  const called = () => {
    try {
      attempt();
    } catch (error) {
      thrown = error;
    }
    return python['_slots_int'](0);
  };
  const slot = python['addFunction'](called, 'i');
  run(python, `import mismatched; mismatched.function_at(${slot}, mismatched.FLAGS['noargs'])()`);
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

/** Through frames of JavaScript, of which V8 shows the last ten by default. @param {() => void} f @param {number} frames */
function deeper(f, frames) {
  if (frames === 0) f();
  else deeper(f, frames - 1);
}

const digest = crypto.createHash('sha256').update(snapshot).digest('hex');
/** As pages do that format their stacks. */
const formatStack = (/** @type {Error} */ _error, /** @type {unknown} */ frames) => frames;
const LIMIT = 10;

/** @type {Record<string, (python: Target) => void>} */
const attempts = {
  text: (python) => restoreSnapshot(python, new TextEncoder().encode('import json')),
  nothing: (python) => restoreSnapshot(python, /** @type {any} */ (undefined)),
  older: (python) =>
    restoreSnapshot(
      python,
      changed((bytes) => bytes.set([1], 8)),
    ),
  newer: (python) =>
    restoreSnapshot(
      python,
      changed((bytes) => bytes.set([3], 8)),
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
  'no such table': (python) =>
    restoreSnapshot(python, saying({ valueTables: [{ name: 't', values: new Uint8Array(3) }] })),
  '4 GB': (python) => restoreSnapshot(python, saying({ memorySize: 65535 * 65536 })),
  'no build': (python) => restoreSnapshot(without(python, 'pyemBuild'), snapshot),
  'no memory': (python) => restoreSnapshot(without(python, 'wasmMemory'), snapshot),
  'no table': (python) => restoreSnapshot(without(python, 'wasmTable'), snapshot),
  'no growMemory': (python) =>
    restoreSnapshot(without(python, 'growMemory'), saying({ memorySize: info.memorySize + 65536 })),
  'no exports': (python) => restoreSnapshot(without(python, 'wasmExports'), snapshot),
  'no sbrk': (python) => restoreSnapshot(without(python, '_sbrk'), snapshot),
  'no stack pointer': (python) => takeSnapshot(without(python, '_emscripten_stack_get_base')),
  'another digest': (python) =>
    restoreSnapshot(python, snapshot, { sha256: digest.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) }),
  'no digest': (python) => restoreSnapshot(python, snapshot, { sha256: 'yes' }),
  'inspected, and half': (python) =>
    restoreSnapshot(python, snapshot.subarray(0, snapshot.length / 2), { inspected: true }),
  'inspected, with another list': (python) =>
    restoreSnapshot(
      python,
      changed((bytes) => bytes.fill(255, 68, 72)),
      { inspected: true },
    ),
  'an option that is none': (python) => restoreSnapshot(python, snapshot, /** @type {any} */ ({ sha265: digest })),
  'taken inside a call': (python) => fromInsideACall(python, () => takeSnapshot(python)),
  'restored inside a call': (python) => fromInsideACall(python, () => restoreSnapshot(python, snapshot)),
  'inside a call, 50 frames up': (python) => fromInsideACall(python, () => deeper(() => takeSnapshot(python), 50)),
  'inside a call, with stacks of its own': (python) => {
    fromInsideACall(python, () => takeSnapshot(python));
  },
  'taken with an open file': (python) => {
    start(python);
    run(python, "file = open('/kept-open', 'w')");
    takeSnapshot(python);
  },
  'taken with a file as standard output': (python) => {
    start(python);
    run(python, "import os; fd = os.open('/printed', os.O_CREAT | os.O_WRONLY); os.dup2(fd, 1); os.close(fd)");
    takeSnapshot(python);
  },
  'restored with an open file': (python) => {
    python['FS'].open('/kept-open', 'w');
    restoreSnapshot(python, snapshot);
  },
  'reseed without exports': (python) => reseed(without(python, '_PyRun_SimpleString')),
};

for (const [name, attempt] of Object.entries(attempts)) {
  const python = await createPython(folder, { pyemBuild, noInitialRun: true });
  const before = memoryHash(python);
  const { prepareStackTrace } = Error;
  const own = name.endsWith('stacks of its own') ? formatStack : prepareStackTrace;
  Object.assign(Error, { stackTraceLimit: LIMIT, prepareStackTrace: own });
  try {
    attempt(python);
    throw new Error(`${name} was not refused`);
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    const stacks = Error.prepareStackTrace === own && Error.stackTraceLimit === LIMIT;
    Object.assign(Error, { prepareStackTrace });
    const started = running.has(python);
    // A rewritten slot is marked in memory: by addFunction, not by the attempt.
    const untouched = started || name === 'longer table' || memoryHash(python) === before;
    const works = (started || start(python) === 0) && run(python, 'assert 6 * 7 == 42') === 0;
    const { code, message } = error;
    process.stdout.write(`${JSON.stringify({ name, code, message, stacks, untouched, works })}\n`);
  }
}
