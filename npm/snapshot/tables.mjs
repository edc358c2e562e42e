// The tables that a wasm file exports beside the function table. wasm-bindgen keeps the JavaScript values in one
// that the program has handles of, while memory says which slots are free. Licence: MIT OR Apache-2.0.

import { fail, VALUES } from './format.mjs';
import { exportsOf, functionTableOf, kind } from './instance.mjs';

/** @typedef {import('./format.mjs').ValueTable} ValueTable */
/** @typedef {import('./instance.mjs').Target} Target */
/** @typedef {ValueTable & { table: WebAssembly.Table }} Pair */

/** @param {Target} target @returns {{ name: string, table: WebAssembly.Table }[]} */
function tablesOf(target) {
  const functions = functionTableOf(target);
  return Object.entries(exportsOf(target)).flatMap(([name, value]) =>
    kind(value) === 'WebAssembly.Table' && value !== functions
      ? [{ name, table: /** @type {WebAssembly.Table} */ (value) }]
      : [],
  );
}

/**
 * What a snapshot keeps of them. Objects and functions exist in one instance only: there must be none.
 *
 * @param {Target} target
 * @returns {ValueTable[]}
 */
export function valueTablesOf(target) {
  return tablesOf(target).map(({ name, table }) => ({
    name,
    values: Uint8Array.from({ length: table.length }, (_, slot) => {
      const value = table.get(slot);
      const index = VALUES.indexOf(value);
      if (index >= 0) return index;
      return fail(
        'javascript-values',
        `slot ${slot} of table ${name} holds a value of JavaScript (${kind(value)}), which is not in memory: drop what holds it (JsValue, Closure) before the snapshot is taken`,
      );
    }),
  }));
}

/**
 * The tables of a snapshot beside those of an instance, which can be made like them.
 *
 * @param {ValueTable[]} wanted
 * @param {Target} target
 * @returns {Pair[]}
 */
export function pairTables(wanted, target) {
  const pairs = tablesOf(target).map(({ name, table }, index) => ({
    name,
    table,
    values: wanted[index]?.values ?? new Uint8Array(),
  }));
  const names = (/** @type {{ name: string }[]} */ all) => all.map(({ name }) => name).join(', ') || 'none';
  if (names(wanted) !== names(pairs)) {
    fail('table-length', `it has the tables ${names(wanted)}, this instance ${names(pairs)}: take a new snapshot`);
  }
  const longer = pairs.find(({ table, values }) => table.length > values.length);
  if (longer) {
    fail(
      'table-length',
      `its table ${longer.name} has ${longer.values.length} slots, this one ${longer.table.length}, and tables cannot shrink: restore it before anything has run`,
    );
  }
  return pairs;
}

/** @param {Pair} pair */
export function grow({ name, table, values }) {
  try {
    table.grow(values.length - table.length, null);
  } catch (error) {
    fail('too-large', `table ${name} cannot have ${values.length} slots here: ${error}`);
  }
}

/** @param {Pair} pair */
export function fill({ table, values }) {
  for (const [slot, value] of values.entries()) table.set(slot, VALUES[value]);
}
