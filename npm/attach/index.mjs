// Attaches the trampoline to a CPython that others built. Licence: MIT OR Apache-2.0.
//
// CPython calls its trampoline through a pointer in `_PyRuntime`: a slot of the function table. A small
// module (`build/attach.rs` of the project) takes that slot's place. Python's memory is not changed where
// the pointer is set, so that Pyodide's memory snapshots stay as they are; it is 0 where Pyodide found no
// WebAssembly GC.
//
// Property names of emscripten's modules are quoted: Closure renames the others.

import { ATTACH, ATTACH_WITH_ADAPTOR } from './modules.mjs';
import { compile, fail, pathOf, resolverOf } from './resolve.mjs';

/** @typedef {import('./resolve.mjs').Path} Path */

/**
 * @typedef {object} Options
 * @property {Path | undefined} [path] Takes this path and no other: an error where the engine does not have it.
 * @property {WebAssembly.Module | undefined} [adaptor] `pyem-trampoline/adaptor.wasm`, compiled, for places that may not
 *   compile WebAssembly at run time.
 */

/**
 * @typedef {object} Attached
 * @property {Path | null} path The live path; null after `detach`.
 * @property {Record<Path, number>} resolutions How many signatures each path has found.
 * @property {() => void} detach Puts back what was there before. It may be called at any time, also from Python, and again.
 */

/** @typedef {Readonly<Attached>} Trampoline */

/** @typedef {Record<string, any>} Module of emscripten */

/** Bytes in a pointer, by which addresses are turned into indices. */
const WORD = 4;
/** Which function CPython wants, by what it exports. @type {['call' | 'count', string][]} */
const CELLS = [
  ['call', '__PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET'],
  ['count', '__PyEM_EMSCRIPTEN_COUNT_ARGS_OFFSET'],
];

/** Slots that a `detach` left empty. @type {WeakMap<WebAssembly.Table, number>} */
const spareSlots = new WeakMap();

/**
 * Makes a running CPython call C functions through this trampoline.
 *
 * @param {object & { then?: never }} pyodide what `await loadPyodide()` returned, or an emscripten `Module` of a CPython
 * @param {Options} [options]
 * @returns {Trampoline} also in `_module.pyemTrampoline`
 * @throws {Error} and changes nothing, if the interpreter, the engine or the options do not fit; it names what helps
 */
export function attach(pyodide, options = {}) {
  checkOptions(options);
  const target = /** @type {Module} */ (pyodide);
  /** @type {Module} */
  const module = target?.['_module'] ?? target;
  const { kind, words, cell } = cellOf(module, target?.['version']);
  /** @type {WebAssembly.Table} */
  const table = module['wasmTable'];
  if (module['pyemTrampoline']) {
    fail(
      module['pyemTrampoline']['detach']
        ? 'it is attached already: call detach() of what attach returned first'
        : 'this interpreter has the trampoline built in',
    );
  }
  if (![module, table].every(Object.isExtensible)) fail('the Module or its function table is frozen: attach before');

  const path = pathOf(options, ATTACH_WITH_ADAPTOR);
  const instance = new WebAssembly.Instance(
    path === 'wasm-gc' ? (options['adaptor'] ?? compile(ATTACH_WITH_ADAPTOR)) : compile(ATTACH),
    {
      'e': {
        't': table,
        'resolve': resolverOf(table, path),
        // CPython raises SystemError by it. The result of the import is 0, a null pointer.
        'fail': (/** @type {number} */ success) => {
          words()[(success >>> 0) / WORD] = 0;
        },
      },
    },
  );
  const exports = /** @type {Module} */ (instance.exports);
  const cache = new Uint8Array(exports['cache'].buffer);

  const remove = takePlace(module, table, words, cell, exports[kind]);
  const unwrap = forgetRewrittenSlots(table, cache);
  /** @type {Path | null} */
  let live = path;
  const trampoline = {
    get 'path'() {
      return live;
    },
    get 'resolutions'() {
      return { 'wasm-gc': 0, 'reflection': 0, 'probe': 0, [path]: exports['resolutions'].value };
    },
    'detach'() {
      if (live === null) return;
      live = null;
      remove();
      unwrap();
      delete module['pyemTrampoline'];
    },
  };
  module['pyemTrampoline'] = trampoline;
  return trampoline;
}

/** @param {Options} options */
function checkOptions(options) {
  if (Object.prototype.toString.call(options) !== '[object Object]') {
    fail('options is no object: there are path and adaptor');
  }
  for (const name of Object.keys(options)) {
    if (name !== 'path' && name !== 'adaptor') fail(`unknown option '${name}': there are path and adaptor`);
  }
}

/**
 * Where CPython keeps the pointer, and what it calls through it.
 *
 * @param {Module} module
 * @param {string | undefined} version Pyodide's
 */
function cellOf(module, version) {
  // A proxy of what is in another thread has every property, and no number.
  const found = CELLS.find(([, offset]) => typeof module?.[offset] === 'number');
  if (!found) {
    if (/^0\.(\d|1\d|2[0-6])\./.test(version ?? '')) {
      fail(`Pyodide ${version} has no place for a trampoline: attach works from Pyodide 0.27 on`);
    }
    fail(
      'this is no CPython that exports its trampoline: hand in what `await loadPyodide()` returned, or an emscripten Module of CPython 3.14.4 or later, linked with -sEXPORTED_FUNCTIONS=__PyRuntime,__PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET; for older ones link libpyem_trampoline.a',
    );
  }
  const missing = ['__PyRuntime', 'wasmTable'].find((name) => module[name] === undefined);
  if (missing) {
    const flag = missing === 'wasmTable' ? 'EXPORTED_RUNTIME_METHODS=wasmTable' : 'EXPORTED_FUNCTIONS=__PyRuntime';
    fail(`${missing} is not exported: link with -s${flag}`);
  }
  /** Read anew each time: memory grows. */
  const words = () => {
    const { buffer } =
      module['wasmMemory'] ??
      module['HEAP32'] ??
      module['HEAPU8'] ??
      fail('the memory is not exported: link with -sEXPORTED_RUNTIME_METHODS=wasmMemory');
    return new Int32Array(buffer);
  };
  const [kind, offset] = found;
  const field = /** @type {number} */ (words()[module[offset] / WORD]);
  return { kind, words, cell: (module['__PyRuntime'] + field) / WORD };
}

/**
 * Only JavaScript writes a slot that held something before: its signature is then asked for anew. This
 * table gets a `set` of its own; element segments do not pass through it, and fill empty slots only.
 *
 * @param {WebAssembly.Table} table
 * @param {Uint8Array} cache
 */
function forgetRewrittenSlots(table, cache) {
  const { set } = table;
  return replaceMethod(table, 'set', (/** @type {Parameters<typeof set>} */ ...given) => {
    set.apply(table, given);
    cache[Number(given[0])] = 0;
  });
}

/**
 * @param {Record<string, any>} owner
 * @param {string} name
 * @param {Function} ours
 * @returns {() => void} what undoes it: if others replaced the method since, theirs stays, and ours does no harm
 */
function replaceMethod(owner, name, ours) {
  const own = Object.getOwnPropertyDescriptor(owner, name);
  // Not assigned: that fails where the prototype is frozen.
  Object.defineProperty(owner, name, { 'value': ours, 'writable': true, 'configurable': true });
  return () => {
    if (owner[name] !== ours) return;
    if (own) Object.defineProperty(owner, name, own);
    else Reflect.deleteProperty(owner, name);
  };
}

/**
 * Makes CPython call `ours`: in the slot that its pointer names, or in a new one if there is none.
 *
 * @param {Module} module
 * @param {WebAssembly.Table} table
 * @param {() => Int32Array} words
 * @param {number} cell
 * @param {Function} ours
 * @returns {() => void} what undoes it, except for what others changed since
 */
function takePlace(module, table, words, cell, ours) {
  const slot = /** @type {number} */ (words()[cell]) >>> 0;
  // The table's own `get` returns wrappers under -sABORT_ON_WASM_EXCEPTIONS.
  const get = () => WebAssembly.Table.prototype.get.call(table, slot);
  const stock = slot !== 0 && slot < table.length ? get() : null;
  if (stock) {
    table.set(slot, ours);
    return () => {
      if (get() === ours) table.set(slot, stock);
    };
  }

  const fresh = spareSlots.get(table) ?? newSlot(table);
  table.set(fresh, ours);
  words()[cell] = fresh;
  const api = module['API'];
  const makeSnapshot = api?.['makeSnapshot'];
  // A snapshot starts where the slot is empty.
  const keepSnapshots = makeSnapshot
    ? replaceMethod(api, 'makeSnapshot', (/** @type {unknown[]} */ ...given) => {
        const now = /** @type {number} */ (words()[cell]);
        words()[cell] = slot;
        try {
          return makeSnapshot(...given);
        } finally {
          words()[cell] = now;
        }
      })
    : () => {};
  return () => {
    if (words()[cell] === fresh) words()[cell] = slot;
    table.set(fresh, null);
    spareSlots.set(table, fresh);
    keepSnapshots();
  };
}

/** @param {WebAssembly.Table} table */
function newSlot(table) {
  try {
    return table.grow(1);
  } catch {
    return fail('the function table cannot grow: link with -sALLOW_TABLE_GROWTH');
  }
}
