// Memory snapshots of an emscripten interpreter: initialise it once, copy its memory, and start
// every later instance from the copy. README says what is safe. Licence: MIT OR Apache-2.0.
//
// For Node, browsers and workers. Property names of emscripten's modules are quoted: Closure
// renames the others.

import { decodeSnapshot, encodeSnapshot, fail, PAGE, sealSnapshot } from './snapshot-format.mjs';

export { SnapshotError } from './snapshot-format.mjs';

/** @typedef {import('./snapshot-format.mjs').SnapshotInfo} SnapshotInfo */
/** @typedef {import('./snapshot-format.mjs').SideModule} SideModule */

/**
 * An emscripten module, linked with `-sEXPORTED_RUNTIME_METHODS=wasmMemory,wasmTable,growMemory`. Or
 * the exports of an instance that emscripten's glue code has not seen yet, in `instantiateWasm`.
 *
 * @typedef {Record<string, any>} Target
 */

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
  const heap = new Uint8Array(memoryOf(target).buffer);
  const runs = nonZeroRuns(heap, spareRanges(target));
  const { bytes, dataOffset } = encodeSnapshot({
    build,
    memorySize: heap.length,
    tableLength: tableOf(target).length,
    stackPointer: stackPointerOf(target),
    sideModules: sideModulesOf(target),
    runs,
  });
  let at = dataOffset;
  for (const { page, pages } of runs) {
    bytes.set(heap.subarray(page * PAGE, (page + pages) * PAGE), at);
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
 * @param {Uint8Array | ArrayBuffer} snapshot
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
  const pointer = stackPointerOf(target);
  if (info.stackPointer && pointer && info.stackPointer !== pointer) {
    fail(
      'stack-pointer',
      `its stack pointer is ${info.stackPointer}, this one's ${pointer}: run main before taking and restoring or before neither, and let no call be suspended`,
    );
  }
  // Before memory grows: what it grows by is zero.
  const spare = spareRanges(target);
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
}

/**
 * Checks a snapshot's form and checksum, and says what is in it.
 *
 * @param {Uint8Array | ArrayBuffer} snapshot
 * @returns {SnapshotInfo}
 * @throws {SnapshotError}
 */
export function inspectSnapshot(snapshot) {
  return decodeSnapshot(toBytes(snapshot));
}

/** @param {Uint8Array | ArrayBuffer} snapshot */
function toBytes(snapshot) {
  return snapshot instanceof ArrayBuffer ? new Uint8Array(snapshot) : snapshot;
}

/** @param {Target} target @param {Options} options @returns {string} */
function buildOf(target, options) {
  const build = options.build ?? target['pyemBuild'];
  if (/^[0-9a-f]{64}$/.test(build ?? '')) return build;
  return fail('set-up', "Module['pyemBuild'] is not the build's identity: set it to what buildId(wasm) gives");
}

/** @param {Target} target @returns {WebAssembly.Memory} */
function memoryOf(target) {
  return (
    target['wasmMemory'] ??
    target['memory'] ??
    fail('set-up', 'the memory is not there: link with -sEXPORTED_RUNTIME_METHODS=wasmMemory')
  );
}

/** @param {Target} target @returns {WebAssembly.Table} */
function tableOf(target) {
  return (
    target['wasmTable'] ??
    target['__indirect_function_table'] ??
    fail('set-up', 'the function table is not there: link with -sEXPORTED_RUNTIME_METHODS=wasmTable')
  );
}

/**
 * Memory whose content does not matter, in order: the stack beyond its pointer, what lies beyond the
 * heap. It is neither stored nor cleared, since touching fresh pages is what takes the time. Known
 * where the link exports `_emscripten_stack_get_{base,current,end}` and `_sbrk`.
 *
 * @param {Target} target
 * @returns {{ start: number, end: number }[]}
 */
function spareRanges(target) {
  const call = (/** @type {string} */ name) => target[name]?.();
  // 0 before the constructors ran.
  const base = call('_emscripten_stack_get_base');
  const current = call('_emscripten_stack_get_current');
  const end = call('_emscripten_stack_get_end');
  const heapEnd = target['_sbrk']?.(0);
  return [
    ...(base && current && end ? [{ start: end, end: current }] : []),
    ...(heapEnd ? [{ start: heapEnd, end: Number.POSITIVE_INFINITY }] : []),
  ];
}

/**
 * Inside a call the program counter and the locals are the engine's, which no copy of memory has.
 */
function checkOutsideCalls() {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = Number.POSITIVE_INFINITY;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  // As V8, SpiderMonkey and JavaScriptCore write it.
  if (stack.includes('wasm-function[')) {
    fail('inside-a-call', 'the program is running: take and restore snapshots between two calls into it');
  }
}

/**
 * The stack pointer is no part of memory. It rests where the last call left it: `main` leaves its
 * arguments on the stack, a suspended call (JSPI) all that it needs.
 *
 * @param {Target} target
 * @returns {number} 0 if it is not exported
 */
function stackPointerOf(target) {
  return target['_emscripten_stack_get_current']?.() ?? 0;
}

/**
 * The memory's bytes, of which there are at least so many.
 *
 * @param {Target} target
 * @param {number} size
 */
function heapOfSize(target, size) {
  const memory = memoryOf(target);
  if (memory.buffer.byteLength < size) {
    const grow = target['growMemory'] ?? (target['memory'] ? growExported : undefined);
    if (!grow) fail('set-up', 'memory has to grow: link with -sEXPORTED_RUNTIME_METHODS=growMemory');
    grow.call(target, size);
    if (memory.buffer.byteLength < size) {
      fail('too-large', `it needs ${size} bytes of memory, which this instance cannot have: raise -sMAXIMUM_MEMORY`);
    }
  }
  return new Uint8Array(memory.buffer);
}

/**
 * For an instance whose memory emscripten's glue code has not seen.
 *
 * @this {Target}
 * @param {number} size
 */
function growExported(size) {
  const memory = memoryOf(this);
  try {
    memory.grow(Math.ceil((size - memory.buffer.byteLength) / 65536));
  } catch {
    // The caller sees that it did not grow.
  }
}

/**
 * @param {Uint8Array} heap
 * @param {number} from
 * @param {number} to
 * @param {{ start: number, end: number }[]} spare
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
 * @param {{ start: number, end: number }[]} spare
 * @returns {import('./snapshot-format.mjs').Run[]}
 */
function nonZeroRuns(heap, spare) {
  const words = new Int32Array(heap.buffer);
  const perPage = PAGE / 4;
  const runs = [];
  let last = { page: 0, pages: 0 };
  for (let page = 0; page * PAGE < heap.length; page++) {
    if (spare.some(({ start, end }) => start <= page * PAGE && (page + 1) * PAGE <= end)) continue;
    let at = page * perPage;
    const end = at + perPage;
    while (at < end && words[at] === 0) at++;
    if (at === end) continue;
    if (page !== last.page + last.pages || last.pages === 0) {
      last = { page, pages: 0 };
      runs.push(last);
    }
    last.pages++;
  }
  return runs;
}

/**
 * Where emscripten's loader put the dynamic libraries, from its `struct dso` (6.0.5). Libraries
 * that are loaded before the program starts have none; they are always loaded the same way.
 *
 * @param {Target} target
 * @returns {SideModule[]}
 */
function sideModulesOf(target) {
  const loader = target['LDSO'];
  if (!loader) return [];
  const view = new DataView(memoryOf(target).buffer);
  const handles = new Map(Object.entries(loader['loadedLibsByHandle']).map(([handle, lib]) => [lib, Number(handle)]));
  const libraries = Object.entries(loader['loadedLibsByName']).filter(([name]) => name !== '__main__');
  return libraries.map(([name, library]) => {
    const handle = handles.get(library);
    const field = (/** @type {number} */ offset) => (handle ? view.getUint32(handle + offset, true) : 0);
    return { name, tableBase: field(20), memoryBase: field(12) };
  });
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
 * What Python keeps of randomness in memory, made anew. `os.urandom`, `secrets` and `uuid.uuid4` ask
 * the engine each time and need nothing. The hash seed cannot be changed: README.
 */
const RESEED = `
def _pyem_reseed():
    import sys
    loaded = sys.modules.get
    if random := loaded('random'):
        random.seed()
    if tempfile := loaded('tempfile'):
        tempfile._name_sequence = None
    if uuid := loaded('uuid'):
        uuid._node = uuid._last_timestamp = None
_pyem_reseed()
del _pyem_reseed
`;

/**
 * Gives a restored CPython randomness of its own. Call it in each restored instance.
 *
 * @param {Target} target exports `_PyRun_SimpleString` and `ccall`
 * @throws {SnapshotError}
 */
export function reseed(target) {
  const { ccall } = target;
  if (!target['_PyRun_SimpleString'] || !ccall) {
    fail('set-up', 'link with -sEXPORTED_FUNCTIONS=_main,_PyRun_SimpleString -sEXPORTED_RUNTIME_METHODS=ccall');
  }
  if (ccall('PyRun_SimpleString', 'number', ['string'], [RESEED]) !== 0) fail('set-up', 'reseeding failed in Python');
}
