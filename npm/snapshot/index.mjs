// Memory snapshots of an emscripten interpreter: initialise it once, copy its memory, and start
// every later instance from the copy. README says what is safe. Licence: MIT OR Apache-2.0.
//
// For Node, browsers and workers. Property names of emscripten's modules are quoted: Closure
// renames the others.

import { decodeSnapshot, encodeSnapshot, fail, PAGE, sealSnapshot } from './format.mjs';
import {
  checkOutsideCalls,
  exported,
  heapOfSize,
  memoryOf,
  sideModulesOf,
  spareRanges,
  stackPointerOf,
  tableOf,
} from './instance.mjs';

export { SnapshotError } from './format.mjs';

/** @typedef {import('./format.mjs').SnapshotInfo} SnapshotInfo */
/** @typedef {import('./format.mjs').SideModule} SideModule */
/** @typedef {ArrayBufferView | ArrayBuffer | SharedArrayBuffer} Snapshot */
/** @typedef {import('./instance.mjs').Range} Range */
/** @typedef {import('./instance.mjs').Target} Target */

/** @typedef {{ build?: string }} Options `build` stands in for `Module['pyemBuild']` */

/**
 * The identity of a build: what `Module['pyemBuild']` has to be. Compute it once, when building.
 *
 * @param {BufferSource} wasm the bytes of the wasm file
 * @returns {Promise<string>} their SHA-256 in hexadecimal
 */
export async function buildId(wasm) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', wasm));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Copies an initialised instance. Call it between two calls into the program, never inside one.
 *
 * @param {Target} target
 * @param {Options} [options]
 * @returns {Uint8Array<ArrayBuffer>}
 * @throws {SnapshotError}
 */
export function takeSnapshot(target, options = {}) {
  const build = buildOf(target, options);
  checkOutsideCalls();
  // Where it is restored JavaScript may have put other functions into its slots.
  target['pyemTrampoline']?.['beforeSnapshot']();
  const heap = new Uint8Array(memoryOf(target).buffer);
  const stackPointer = stackPointerOf(target);
  const spare = spareRanges(target, stackPointer);
  const runs = nonZeroRuns(heap, spare);
  const { bytes, dataOffset } = encodeSnapshot({
    build,
    memorySize: heap.length,
    tableLength: tableOf(target).length,
    stackPointer,
    sideModules: sideModulesOf(target),
    runs,
  });
  let at = dataOffset;
  for (const { page, pages } of runs) {
    const start = page * PAGE;
    const end = start + pages * PAGE;
    bytes.set(heap.subarray(start, end), at);
    // Secrets that were on the stack, or in memory that was never the program's, stay out.
    for (const range of spare) {
      const from = Math.max(start, range.start);
      const to = Math.min(end, range.end);
      if (from < to) bytes.fill(0, at + from - start, at + to - start);
    }
    at += pages * PAGE;
  }
  sealSnapshot(bytes);
  return bytes;
}

/**
 * Puts a snapshot into an instance of the same build that has run nothing yet: after its
 * constructors, in preRun, or in `instantiateWasm`. Everything is checked before memory is touched.
 *
 * @param {Target} target
 * @param {Snapshot} snapshot
 * @param {Options} [options]
 * @throws {SnapshotError}
 */
export function restoreSnapshot(target, snapshot, options = {}) {
  const bytes = toBytes(snapshot);
  const info = decodeSnapshot(bytes);
  const build = buildOf(target, options);
  if (info.build !== build) {
    fail('foreign-build', `it is of build ${info.build}, this is build ${build}: take a new snapshot with this build`);
  }
  checkOutsideCalls();
  const { length } = tableOf(target);
  if (info.tableLength !== length) {
    fail(
      'table-length',
      `its function table has ${info.tableLength} slots, this one ${length}: load the same side modules and call addFunction as often as before it was taken`,
    );
  }
  checkSideModules(info.sideModules, sideModulesOf(target));
  const setStackPointer = exported(target, '_emscripten_stack_restore');
  const pointer = stackPointerOf(target);
  if (info.stackPointer && pointer && info.stackPointer !== pointer && !setStackPointer) {
    fail(
      'stack-pointer',
      `its stack pointer is ${info.stackPointer}, this one's ${pointer}: link with -sEXPORTED_FUNCTIONS=__emscripten_stack_restore`,
    );
  }
  // Before memory grows: what it grows by is zero.
  const spare = spareRanges(target, info.stackPointer);
  const heap = heapOfSize(target, info.memorySize);

  let clean = 0;
  let at = info.dataOffset;
  for (const { page, pages } of info.runs) {
    clear(heap, clean, page * PAGE, spare);
    clean = (page + pages) * PAGE;
    heap.set(bytes.subarray(at, at + pages * PAGE), page * PAGE);
    at += pages * PAGE;
  }
  clear(heap, clean, heap.length, spare);
  if (info.stackPointer) setStackPointer?.(info.stackPointer);
}

/**
 * Checks a snapshot's form and checksum, and says what is in it.
 *
 * @param {Snapshot} snapshot
 * @returns {SnapshotInfo}
 * @throws {SnapshotError}
 */
export function inspectSnapshot(snapshot) {
  return decodeSnapshot(toBytes(snapshot));
}

/** @param {Snapshot} snapshot @returns {Uint8Array} aligned: checksums are read in words */
function toBytes(snapshot) {
  try {
    // Not instanceof: it may come from another realm. (Not slice: that of Node's Buffer makes no copy.)
    if (!ArrayBuffer.isView(snapshot)) return new Uint8Array(snapshot);
    const { buffer, byteOffset, byteLength } = snapshot;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    return byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  } catch (error) {
    return fail('not-a-snapshot', `it is no bytes (${error}): hand over what takeSnapshot gave`);
  }
}

/** @param {Target} target @param {Options} options @returns {string} */
function buildOf(target, options) {
  const build = options.build ?? target['pyemBuild'];
  if (/^[0-9a-f]{64}$/.test(build ?? '')) return build;
  return fail('set-up', "Module['pyemBuild'] is not the build's identity: set it to what buildId(wasm) gives");
}

/**
 * @param {Uint8Array} heap
 * @param {number} from
 * @param {number} to
 * @param {Range[]} spare
 */
function clear(heap, from, to, spare) {
  let at = from;
  for (const { start, end } of spare) {
    if (start > at) heap.fill(0, at, Math.min(start, to));
    at = Math.max(at, end);
    if (at >= to) return;
  }
  heap.fill(0, at, to);
}

/**
 * @param {Uint8Array} heap
 * @param {Range[]} spare
 * @returns {import('./format.mjs').Run[]}
 */
function nonZeroRuns(heap, spare) {
  const words = new Int32Array(heap.buffer);
  const perPage = PAGE / 4;
  const runs = [];
  let last = { page: 0, pages: 0 };
  for (let page = 0; page * PAGE < heap.length; page++) {
    let at = page * perPage;
    let end = at + perPage;
    for (const range of spare) {
      // A page holds one edge of a range at most; the stack grows downwards.
      if (range.start / 4 <= at) at = Math.max(at, Math.min(end, range.end / 4));
      else end = Math.min(end, Math.max(at, Math.ceil(range.start / 4)));
    }
    while (at < end && words[at] === 0) at++;
    if (at >= end) continue;
    if (page !== last.page + last.pages || last.pages === 0) {
      last = { page, pages: 0 };
      runs.push(last);
    }
    last.pages++;
  }
  return runs;
}

/** @param {SideModule[]} wanted @param {SideModule[]} loaded */
function checkSideModules(wanted, loaded) {
  const show = (/** @type {SideModule[]} */ all) =>
    all.map(({ name, tableBase, memoryBase }) => `${name} (table ${tableBase}, memory ${memoryBase})`).join(', ') ||
    'none';
  if (show(wanted) !== show(loaded)) {
    fail(
      'side-modules',
      `it has side modules ${show(wanted)}, this has ${show(loaded)}: load the same in the same order`,
    );
  }
}

/**
 * What Python keeps of randomness in memory, made anew, and what it found missing in the file system.
 * `os.urandom`, `secrets` and `uuid.uuid4` ask the engine each time and need nothing. The hash seed
 * cannot be changed: README.
 */
const RESEED = `
def _pyem_reseed():
    import os, sys
    loaded = sys.modules.get
    if random := loaded('random'):
        random.seed()
    if tempfile := loaded('tempfile'):
        tempfile._name_sequence = None
    if uuid := loaded('uuid'):
        uuid._node = uuid._last_timestamp = None
    if process := loaded('multiprocessing.process'):
        process.current_process().authkey = os.urandom(32)
    # Folders that were missing may be there now.
    for path in [path for path, finder in sys.path_importer_cache.items() if finder is None]:
        del sys.path_importer_cache[path]
_pyem_reseed()
del _pyem_reseed
`;

/**
 * Gives a restored CPython randomness of its own, and lets it look again for folders of `sys.path`
 * that were missing. Call it in each restored instance.
 *
 * @param {Target} target exports `_PyRun_SimpleString`, `_PyGILState_Ensure`, `_PyGILState_Release` and `ccall`
 * @throws {SnapshotError}
 */
export function reseed(target) {
  const { ccall } = target;
  if (!target['_PyRun_SimpleString'] || !target['_PyGILState_Ensure'] || !target['_PyGILState_Release'] || !ccall) {
    fail(
      'set-up',
      'link with -sEXPORTED_FUNCTIONS=_main,_PyRun_SimpleString,_PyGILState_Ensure,_PyGILState_Release -sEXPORTED_RUNTIME_METHODS=ccall',
    );
  }
  // Embedders that let go of Python between calls (pyo3) have no thread attached now.
  const state = target['_PyGILState_Ensure']();
  const failed = ccall('PyRun_SimpleString', 'number', ['string'], [RESEED]) !== 0;
  target['_PyGILState_Release'](state);
  if (failed) fail('set-up', 'reseeding failed in Python: standard error says why');
}
