// Adapters in the place of mismatched functions. Licence: MIT OR Apache-2.0.
//
// An adapter has the type that CPython calls and calls the function as it is declared: wasm to wasm, with no
// JavaScript between them, so that Python may suspend in it. It has a slot of the table of its own, and the pointers to the
// function are changed; the function stays in its slot, where C may call it by its right type.

import { auditWith } from './audit.mjs';
import { loadRules, moduleOf, wordsOf } from './interpreter.mjs';
import { collect, collectAfterTrap } from './roots.mjs';
import { textOf } from './signatures.mjs';

/** @typedef {import('./audit.mjs').Finding} Finding */
/** @typedef {import('./audit.mjs').FunctionType} FunctionType */

/**
 * @typedef {object} Repair
 * @property {Finding[]} mended
 * @property {Finding[]} left What could not be mended: `left` of each says why.
 * @property {() => void} undo Puts the pointers back, where the types are still alive. Types that were made since keep the
 *   adapters that they inherited. It takes as long as an audit.
 */

const WORD = 4;

/** @typedef {{ slot: number, of: Function }} Adapter its slot in the table, and the function that it calls */

/** Adapters by `keyOf`, in each table: they stay, so a second repair takes the same. @type {WeakMap<WebAssembly.Table, Map<string, Adapter>>} */
const adaptersOf = new WeakMap();

/**
 * Mends what traps or is refused: from then on CPython calls adapters. What is wrong is looked up anew, so that nothing is
 * written where a type was that is gone since the audit.
 *
 * @param {object} pyodide what `loadPyodide` returned, or an emscripten `Module` of a CPython
 * @param {Finding[]} [findings] of `audit`: those that are wanted; all by default
 * @returns {Promise<Repair>} rejects as `audit`, and if the function table cannot grow
 */
export async function repair(pyodide, findings) {
  if (findings !== undefined && !Array.isArray(findings)) {
    throw new Error('pyem-trampoline: findings is no array: hand in `findings` of what audit returned');
  }
  const rules = await loadRules();
  const module = moduleOf(pyodide);
  const table = /** @type {WebAssembly.Table} */ (module['wasmTable']);
  const named = new Set(findings?.map(nameOf));
  // Nothing runs between the audit and the changes.
  const wrong = auditWith(rules, pyodide, collect(pyodide), {})['findings'];
  const wanted = wrong.filter((each) => !findings || named.has(nameOf(each)));
  const mended = wanted.filter((each) => each['left'] === null);
  const adapters = adaptersFor(table, mended, rules);

  const words = wordsOf(module);
  const changes = mended.flatMap((finding) => {
    const { slot: to } = /** @type {Adapter} */ (adapters.get(keyOf(finding)));
    const from = { slot: finding['tableSlot'], type: textOf(/** @type {FunctionType} */ (finding['declared'])) };
    return finding['places'].map((place) => ({ place, from, to }));
  });
  for (const { place, to } of changes) words[place / WORD] = to;
  return {
    'mended': mended,
    'left': wanted.filter((each) => each['left'] !== null),
    'undo'() {
      if (changes.length === 0) return;
      // Adapters are found as what they replaced: where a type is gone, its memory is someone else's by now.
      const types = new Map(changes.map(({ from, to }) => [to, from.type]));
      const { findings } = auditWith(rules, pyodide, collectAfterTrap(pyodide), { 'all': true }, types);
      const held = new Map(findings.flatMap((each) => each['places'].map((place) => [place, each['tableSlot']])));
      const now = wordsOf(module);
      for (const { place, from, to } of changes.splice(0)) if (held.get(place) === to) now[place / WORD] = from.slot;
    },
  };
}

/** What a finding is known by in one interpreter. @param {Finding} finding */
function nameOf({ 'module': module, 'name': name, 'slot': slot, 'tableSlot': tableSlot }) {
  return [module, name, slot, tableSlot].join(' ');
}

/** @param {Finding} finding */
function keyOf(finding) {
  const declared = /** @type {FunctionType} */ (finding['declared']);
  return `${finding['tableSlot']} ${textOf(declared)} ${textOf(finding['expected'])}`;
}

/**
 * The adapters, by `keyOf`; one module holds all that are new.
 *
 * @param {WebAssembly.Table} table
 * @param {Finding[]} findings
 * @param {typeof import('./rules.js')} rules
 */
function adaptersFor(table, findings, rules) {
  const known = adaptersOf.get(table) ?? new Map();
  adaptersOf.set(table, known);
  const functionOf = (/** @type {string} */ key) => table.get(Number(key.split(' ', 1)));
  // Another function may have got the slot since.
  const isNew = (/** @type {string} */ key) => known.get(key)?.of !== functionOf(key);
  const fresh = [...new Set(findings.map(keyOf))].filter(isNew);
  if (fresh.length === 0) return known;
  const types = fresh.map((key) => key.split(' '));
  const bytes = rules.adapters(
    types.map(([, declared]) => declared ?? ''),
    types.map(([, , expected]) => expected ?? ''),
  );
  /** @type {Record<string, any>} */
  const functions = { ...fresh.map(functionOf) };
  const module = new WebAssembly.Module(/** @type {Uint8Array<ArrayBuffer>} */ (bytes));
  const instance = new WebAssembly.Instance(module, { 'f': functions });
  let first;
  try {
    first = table.grow(fresh.length);
  } catch {
    throw new Error('pyem-trampoline: the function table cannot grow: link with -sALLOW_TABLE_GROWTH');
  }
  for (const [index, key] of fresh.entries()) {
    table.set(first + index, instance.exports[`${index}`]);
    known.set(key, { slot: first + index, of: functions[index] });
  }
  return known;
}
