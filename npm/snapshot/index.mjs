// Memory snapshots of an emscripten interpreter: initialise it once, copy its memory, and start
// every later instance from the copy. docs/snapshots.md says what is safe. Licence: MIT OR Apache-2.0.
//
// For Node, browsers and workers. Property names of emscripten's modules are quoted: Closure
// renames the others.

import { decodeSnapshot, encodeSnapshot, fail, PAGE, sealSnapshot } from './format.mjs';
import {
  checkAtRest,
  functionTableOf,
  heapOfSize,
  liveRanges,
  memoryOf,
  setStackPointer,
  sideModulesOf,
  stackPointerOf,
} from './instance.mjs';
import { sha256 } from './sha256.mjs';
import { fill, grow, pairTables, valueTablesOf } from './tables.mjs';

export { SnapshotError } from './format.mjs';
export { prepareReseed, reseed } from './reseed.mjs';

/** @typedef {import('./format.mjs').SnapshotInfo} SnapshotInfo */
/** @typedef {import('./format.mjs').SnapshotErrorCode} SnapshotErrorCode */
/** @typedef {import('./format.mjs').SideModule} SideModule */
/** @typedef {import('./format.mjs').ValueTable} ValueTable */
/** @typedef {ArrayBufferView | ArrayBuffer | SharedArrayBuffer} Snapshot */
/** @typedef {import('./instance.mjs').Range} Range */
/** @typedef {import('./instance.mjs').Target} Target */

/**
 * @typedef {object} TakeOptions
 * @property {string} [build] What `buildId` returns; by default `Module['pyemBuild']`.
 */

/**
 * @typedef {object} RestoreOptions
 * @property {string} [build] What `buildId` returns; by default `Module['pyemBuild']`.
 * @property {string} [sha256] The SHA-256 of the snapshot in hexadecimal. Any other snapshot is refused.
 * @property {boolean} [inspected] `inspectSnapshot` has accepted the same bytes, here or elsewhere, or another checksum of them was
 *   right (gzip has one). Then the snapshot's own is not computed again; all else is checked.
 */

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
 * Copies an initialised instance. Call it between two calls into the program, when each has returned.
 *
 * @param {Target} target
 * @param {TakeOptions} [options]
 * @returns {Uint8Array<ArrayBuffer>} in the format of docs/snapshot-format.md
 * @throws {SnapshotError}
 */
export function takeSnapshot(target, options = {}) {
  checkOptions(options, ['build']);
  const build = buildOf(target, options);
  checkAtRest(target);
  forgetWrittenSlots(target);
  const heap = new Uint8Array(memoryOf(target).buffer);
  const stackPointer = stackPointerOf(target);
  const live = liveRanges(target, stackPointer);
  const runs = nonZeroRuns(heap, live);
  const { bytes, dataOffset } = encodeSnapshot({
    build,
    memorySize: heap.length,
    tableLength: functionTableOf(target).length,
    stackPointer,
    sideModules: sideModulesOf(target),
    valueTables: valueTablesOf(target),
    runs,
  });
  let at = dataOffset;
  for (const { page, pages } of runs) {
    const from = page * PAGE;
    // Secrets that were on the stack, or in memory that was never the program's, stay out.
    for (const { start, end } of within(live, from, from + pages * PAGE)) {
      bytes.set(heap.subarray(start, end), at + start - from);
    }
    at += pages * PAGE;
  }
  sealSnapshot(bytes);
  return bytes;
}

/**
 * Puts a snapshot into an instance of the same build whose constructors have run, before anything else runs.
 * Everything is checked before memory is touched.
 *
 * @param {Target} target
 * @param {Snapshot} snapshot who writes it runs code with all that the instance may do: take it from no one else, or pass `sha256`
 * @param {RestoreOptions} [options]
 * @throws {SnapshotError}
 */
export function restoreSnapshot(target, snapshot, options = {}) {
  checkOptions(options, ['build', 'sha256', 'inspected']);
  const bytes = trusted(toBytes(snapshot), options['sha256']);
  const info = decodeSnapshot(bytes, options['inspected']);
  const build = buildOf(target, options);
  if (info.build !== build) {
    fail('foreign-build', `it is of build ${info.build}, this is build ${build}: take a new snapshot with this build`);
  }
  checkAtRest(target);
  const { length } = functionTableOf(target);
  if (info.tableLength !== length) {
    fail(
      'table-length',
      `its function table has ${info.tableLength} slots, this one ${length}: load the same side modules and call addFunction as often as before it was taken`,
    );
  }
  checkSideModules(info.sideModules, sideModulesOf(target));
  const tables = pairTables(info.valueTables, target);
  // Before memory grows: what it grows by is zero.
  const live = liveRanges(target, info.stackPointer);
  const heap = heapOfSize(target, info.memorySize);
  for (const pair of tables) grow(pair);

  let clean = 0;
  let at = info.dataOffset;
  for (const { page, pages } of info.runs) {
    clear(heap, clean, page * PAGE, live);
    clean = (page + pages) * PAGE;
    heap.set(bytes.subarray(at, at + pages * PAGE), page * PAGE);
    at += pages * PAGE;
  }
  clear(heap, clean, heap.length, live);
  forgetWrittenSlots(target);
  setStackPointer(target, info.stackPointer);
  for (const pair of tables) fill(pair);
}

/**
 * Another instance may have other functions in the slots that JavaScript wrote, so no signature of them is kept.
 *
 * @param {Target} target
 */
function forgetWrittenSlots(target) {
  target['pyemTrampoline']?.['forgetWritten']();
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
    return fail('not-a-snapshot', `it is no bytes (${error}): pass what takeSnapshot returned`);
  }
}

/** @param {object} options @param {string[]} known */
function checkOptions(options, known) {
  const unknown = Object.keys(options).filter((name) => !known.includes(name));
  if (unknown.length > 0)
    fail('set-up', `there is no option ${unknown.join(', ')}: the options are ${known.join(', ')}`);
}

/** @param {Target} target @param {TakeOptions} options @returns {string} */
function buildOf(target, options) {
  const build = options['build'] ?? target['pyemBuild'];
  if (/^[0-9a-f]{64}$/.test(build ?? '')) return build;
  return fail('set-up', "Module['pyemBuild'] is not the build's identity: set it to what buildId(wasm) returns");
}

/** @param {Uint8Array} bytes @param {string | undefined} digest @returns {Uint8Array} what was checked, if it is to be */
function trusted(bytes, digest) {
  if (digest === undefined) return bytes;
  if (!/^[0-9a-f]{64}$/.test(digest)) fail('set-up', `sha256 is not a digest of 64 hexadecimal digits: ${digest}`);
  // Shared memory may change after the check, a copy does not.
  const copy = new Uint8Array(bytes);
  const found = sha256(copy);
  if (found !== digest)
    fail('digest', `its SHA-256 is ${found}, expected was ${digest}: it is not the file that you trust`);
  return copy;
}

/**
 * @param {Range[]} ranges
 * @param {number} from
 * @param {number} to
 * @returns {Range[]} what of the ranges lies between
 */
function within(ranges, from, to) {
  return ranges
    .map(({ start, end }) => ({ start: Math.max(start, from), end: Math.min(end, to) }))
    .filter(({ start, end }) => start < end);
}

/** @param {Uint8Array} heap @param {number} from @param {number} to @param {Range[]} live */
function clear(heap, from, to, live) {
  for (const { start, end } of within(live, from, to)) heap.fill(0, start, end);
}

/**
 * @param {Uint8Array} heap
 * @param {Range[]} live
 * @returns {import('./format.mjs').Run[]}
 */
function nonZeroRuns(heap, live) {
  const words = new Int32Array(heap.buffer);
  const isZero = (/** @type {Range} */ { start, end }) => {
    let at = start >>> 2;
    while (at < end >>> 2 && words[at] === 0) at++;
    return at === end >>> 2;
  };
  const runs = [];
  let last = { page: 0, pages: 0 };
  for (let page = 0; page * PAGE < heap.length; page++) {
    if (within(live, page * PAGE, (page + 1) * PAGE).every(isZero)) continue;
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
