// What the option `verify` compares: all that an instance of WebAssembly keeps. Licence: MIT OR Apache-2.0.

import { functionTableOf, memoryOf, stackPointerOf } from '../snapshot/instance.mjs';

/** @typedef {import('../snapshot/instance.mjs').Target} Target */

/** Words of memory, slots of the function table, globals that can change. @param {Target} target @returns {ArrayLike<unknown>[]} */
function stateOf(target) {
  const table = functionTableOf(target);
  return [
    new Int32Array(memoryOf(target).buffer),
    Array.from({ length: table.length }, (_, slot) => table.get(slot)),
    [stackPointerOf(target), target['_emscripten_stack_get_base'](), target['_emscripten_stack_get_end']()],
  ];
}

/**
 * Records it once more, on its own: what sets the instance back is not asked.
 *
 * @param {Target} target at rest
 * @returns {() => number} how many words, slots and globals are not what was recorded
 */
export function recordState(target) {
  const [words, ...others] = stateOf(target);
  const recorded = [/** @type {Int32Array} */ (words).slice(), ...others];
  return () => stateOf(target).reduce((sum, now, part) => sum + differences(now, recorded[part] ?? []), 0);
}

/** @param {ArrayLike<unknown>} now @param {ArrayLike<unknown>} before @returns {number} */
function differences(now, before) {
  let count = Math.abs(now.length - before.length);
  for (let at = 0; at < Math.min(now.length, before.length); at++) if (now[at] !== before[at]) count++;
  return count;
}
