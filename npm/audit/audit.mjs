// Finds C functions that CPython calls with another type than they have, and mends them. Licence: MIT OR Apache-2.0.
//
// The rules are Rust (`audit/` of the project), compiled to WebAssembly and loaded when they are first asked for.
// They read the interpreter's memory; functions are never called.
//
// Property names of emscripten's modules are quoted: Closure renames the others.

import { loadRules, moduleOf, trampolineOf, wordsOf } from './interpreter.mjs';
import { collect } from './roots.mjs';
import { signaturesOf } from './signatures.mjs';

/** @typedef {'traps' | 'refused' | 'handled'} Verdict */

/**
 * @typedef {object} FunctionType of WebAssembly
 * @property {string[]} parameters `i32`, `i64`, `f32`, `f64`, and `?` for what was not found out
 * @property {string[]} results
 */

/**
 * @typedef {object} Finding
 * @property {string} module
 * @property {string} name The type, function or method in it; empty for the module itself.
 * @property {string} slot `tp_clear`, `METH_NOARGS`, `getter`, …
 * @property {FunctionType | null} declared What the function is; null where the pointer names none.
 * @property {FunctionType} expected What CPython calls it as.
 * @property {number} tableSlot Its index in WebAssembly's function table.
 * @property {Verdict} verdict What a call does: it traps, raises SystemError, or the trampoline manages it.
 * @property {string | null} left Why `repair` leaves it; null if it can be mended.
 * @property {number[]} places Addresses, in bytes, of the pointers to it.
 * @property {string[]} inheritedBy Types that inherited the slot.
 * @property {{ c: string, cython: string, pybind11: string }} advice How the source is put right.
 */

/**
 * @typedef {object} Report
 * @property {number} checked How many function pointers were compared.
 * @property {number} unknown How many could not be, since they lie outside of memory or have flags that CPython refuses.
 * @property {string} python CPython's version.
 * @property {Finding[]} findings The worst first.
 * @property {string} text The same as a table for people.
 */

/**
 * @typedef {object} Options
 * @property {string[]} [modules] Only findings in these modules and packages.
 * @property {boolean} [all] Also what the trampoline handles.
 */

/**
 * Compares every C function that live objects can be called through with the type that CPython calls it with.
 * Nothing runs meanwhile but a few lines of Python that list the objects.
 *
 * @param {object} pyodide what `loadPyodide` returned, or an emscripten `Module` of a CPython
 * @param {Options} [options]
 * @returns {Promise<Report>} rejects with an `Error` if an export is missing, CPython's layout is unknown, or an option is
 */
export async function audit(pyodide, options = {}) {
  for (const name of Object.keys(options)) {
    if (name !== 'modules' && name !== 'all') {
      throw new Error(`pyem-trampoline: unknown option '${name}': there are modules and all`);
    }
  }
  const { 'modules': modules } = options;
  if (modules !== undefined && !(Array.isArray(modules) && modules.every((each) => typeof each === 'string'))) {
    throw new Error("pyem-trampoline: modules is no array of names, such as ['operator']");
  }
  moduleOf(pyodide);
  const rules = await loadRules();
  return auditWith(rules, pyodide, collect(pyodide), options);
}

/**
 * At once, so that nothing runs between the collection and the audit.
 *
 * @param {Awaited<ReturnType<typeof loadRules>>} rules
 * @param {object} pyodide
 * @param {import('./roots.mjs').Collected} collected
 * @param {Options} options
 * @param {Map<number, string>} [types] of slots of the table, where they are to count as others than they are
 * @returns {Report}
 */
export function auditWith(
  rules,
  pyodide,
  { numbers, names, python, release },
  { 'modules': modules = [], 'all': all = false },
  types = new Map(),
) {
  try {
    const module = moduleOf(pyodide);
    const typeOf = signaturesOf(module['wasmTable']);
    const signatures = (/** @type {number} */ slot) => types.get(slot) ?? typeOf(slot);
    const report = rules.run(wordsOf(module), signatures, numbers, names, trampolineOf(module), modules, all);
    return { .../** @type {Report} */ (report), 'python': python };
  } finally {
    release();
  }
}
