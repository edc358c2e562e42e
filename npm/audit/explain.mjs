// What a trap was about. Licence: MIT OR Apache-2.0.

import { auditWith } from './audit.mjs';
import { loadRules } from './interpreter.mjs';
import { collectAfterTrap } from './roots.mjs';

/** @typedef {import('./audit.mjs').Finding} Finding */

/**
 * @typedef {object} Explanation
 * @property {Finding[]} findings What can have trapped, the likeliest first; empty for any other error.
 * @property {string} text The same for people.
 */

/** How V8, SpiderMonkey and JavaScriptCore word it. */
const TRAP =
  /function signature mismatch|indirect call signature mismatch|indirect call to null|call_indirect to a (signature|null)/;

/**
 * Turns a caught "null function or function signature mismatch" into the mismatched functions that can have caused it.
 * Stock Pyodide has no names of C functions in its stacks: then all that trap are named. What is no longer alive is not
 * found.
 *
 * @param {unknown} error
 * @param {object} pyodide it may have failed fatally
 * @returns {Promise<Explanation>}
 */
export async function explain(error, pyodide) {
  const { message = '', stack = '', cause } = /** @type {any} */ (error) ?? {};
  const texts = [message, stack, cause?.['message'], cause?.['stack']].join('\n');
  if (!TRAP.test(texts)) {
    return { 'findings': [], 'text': 'This error is no call through a pointer of another type.\n' };
  }
  const rules = await loadRules();
  const { 'findings': findings } = auditWith(rules, pyodide, collectAfterTrap(pyodide), {});
  const trapping = findings.filter((each) => each['verdict'] === 'traps');
  const named = rules.likely_slots(framesOf(texts));
  const likely = trapping.filter((each) => named.includes(each['slot']));
  const others = trapping.filter((each) => !named.includes(each['slot']));
  return { 'findings': [...likely, ...others], 'text': textOf(likely, others) };
}

/**
 * Names of functions in a stack, innermost first: `at python.wasm.gc_collect_main (wasm://…)` in V8,
 * `gc_collect_main@http://…` in SpiderMonkey, `python.wasm-function[gc_collect_main]@[wasm code]` in JavaScriptCore.
 *
 * @param {string} text
 */
function framesOf(text) {
  const frames = text.matchAll(/^ *(?:at (?:\S+\.)?(\w+) \(|(\w+)@|\S*wasm-function\[(\w+)\]@)/gm);
  return [...frames].map(([, v8, spiderMonkey, javaScriptCore]) => v8 ?? spiderMonkey ?? javaScriptCore ?? '');
}

/** @param {Finding[]} likely @param {Finding[]} others */
function textOf(likely, others) {
  if (likely.length + others.length === 0) {
    return 'CPython called a C function through a pointer of another type, and none of that kind is alive any more.\n';
  }
  const lines = (/** @type {Finding[]} */ findings) =>
    findings.map(
      ({ 'module': module, 'name': name, 'slot': slot, 'advice': advice }) =>
        `  ${[module, name].filter(Boolean).join('.')}, ${slot}: declare it ${advice['c']}\n`,
    );
  const first = likely.length > 0 ? ['Most likely, by the stack:\n', ...lines(likely)] : [];
  const rest =
    others.length > 0 ? [likely.length > 0 ? 'Also wrong:\n' : 'It is one of these:\n', ...lines(others)] : [];
  return ['CPython called a C function through a pointer of another type.\n', ...first, ...rest].join('');
}
