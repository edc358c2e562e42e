// The types of functions in a table, as texts: `ii>i` takes two i32 and returns one; l is i64, f f32, d f64. Licence:
// MIT OR Apache-2.0.

/** Letters of the types that C functions have. @type {Record<string, number>} */
const CODES = { 'i': 0x7f, 'l': 0x7e, 'f': 0x7d, 'd': 0x7c };
/** @type {Record<string, string>} */
const LETTERS = { 'i32': 'i', 'i64': 'l', 'f32': 'f', 'f64': 'd' };
/** Up to so many parameters every type is tried: 1,280 modules. */
const MOST_TRIED = 4;

/** Modules that import one function of a type, by text: compiled once, for all interpreters. @type {Map<string, WebAssembly.Module>} */
const probes = new Map();
/** Types of functions: another audit need not find them out again. @type {WeakMap<Function, string>} */
const known = new WeakMap();
/** Types that were found among the less common ones: they come again. @type {Map<number, string[]>} */
const found = new Map();

/**
 * A function that returns the type of what is in a slot, or undefined if the slot is empty. It never calls it.
 *
 * @param {WebAssembly.Table} table
 * @returns {(slot: number) => string | undefined}
 */
export function signaturesOf(table) {
  const reflects = typeof WebAssembly.Function === 'function';
  return (slot) => {
    /** @type {any} */
    const f = slot < table.length ? table.get(slot) : null;
    if (!f) return undefined;
    const text = known.get(f) ?? (reflects ? reflected(f) : probed(f));
    known.set(f, text);
    return text;
  };
}

/** @param {any} f */
function reflected(f) {
  // V8 11 has a static method, later ones the proposal's method.
  return textOf('type' in f ? f['type']() : WebAssembly.Function['type'](f));
}

/** A type as a text. @param {import('./audit.mjs').FunctionType} type */
export function textOf({ 'parameters': parameters, 'results': results }) {
  const letters = (/** @type {string[]} */ types) => types.map((each) => LETTERS[each] ?? '?').join('');
  return `${letters(parameters)}>${letters(results)}`;
}

/**
 * Linking a module that imports the function at another type is a LinkError:
 * https://webassembly.github.io/spec/js-api/#read-the-imports
 *
 * @param {Function} f
 */
function probed(f) {
  // An exported function's length is the number of its parameters:
  // https://webassembly.github.io/spec/js-api/#a-new-exported-function
  const arity = f.length;
  const words = 'i'.repeat(arity);
  for (const text of [`${words}>i`, `${words}>`, ...(found.get(arity) ?? [])]) {
    if (links(text, f)) return text;
  }
  for (const text of others(arity)) {
    if (!links(text, f)) continue;
    found.set(arity, [...(found.get(arity) ?? []), text]);
    return text;
  }
  return `${'?'.repeat(arity)}>?`;
}

/** All types of so many parameters; of more than a few those with up to two that are not i32. @param {number} arity */
function* others(arity) {
  for (const parameters of parameterTexts(arity, arity <= MOST_TRIED ? arity : 2)) {
    for (const result of ['i', '', 'l', 'f', 'd']) yield `${parameters}>${result}`;
  }
}

/** @param {number} length @param {number} odd how many may be other than i32 @returns {Generator<string>} */
function* parameterTexts(length, odd) {
  if (length === 0) {
    yield '';
    return;
  }
  for (const letter of Object.keys(CODES)) {
    if (letter !== 'i' && odd === 0) continue;
    for (const rest of parameterTexts(length - 1, odd - (letter === 'i' ? 0 : 1))) yield letter + rest;
  }
}

/** @param {string} text @param {any} f */
function links(text, f) {
  let probe = probes.get(text);
  if (!probe) {
    probe = new WebAssembly.Module(probeBytes(text));
    probes.set(text, probe);
  }
  try {
    new WebAssembly.Instance(probe, { 'e': { 'f': f } });
    return true;
  } catch (error) {
    if (error instanceof WebAssembly.LinkError) return false;
    throw error;
  }
}

/** @param {string} text with less than a hundred letters */
function probeBytes(text) {
  const [parameters, results] = text.split('>').map((letters) => [...letters].map((letter) => CODES[letter] ?? 0));
  // biome-ignore format: a line per section
  const type = [0x60, parameters?.length ?? 0, ...(parameters ?? []), results?.length ?? 0, ...(results ?? [])];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic, version
    ...[1, 1 + type.length, 1, ...type], // type 0
    ...[2, 7, 1, 1, 0x65, 1, 0x66, 0, 0], // import "e" "f": function of type 0
  ]);
}
