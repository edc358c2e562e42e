// What comes back from a pool: answers, and the codes of what went wrong. Licence: MIT OR Apache-2.0.

/**
 * Why a call has no value, for programs. This is the list; docs/pool.md has it with reasons.
 *
 * @typedef {(typeof CODES)[number]} PoolErrorCode
 */
export const CODES = /** @type {const} */ ([
  'python', // an exception that nothing caught
  'exit', // sys.exit, os._exit, a signal that ends the process
  'memory', // MemoryError: the limit was reached
  'value', // the value cannot be sent as JSON
  'timeout', // it ran too long
  'stack', // the engine's stack was used up
  'trap', // WebAssembly trapped, or C aborted
  'no-answer', // Python came back without an answer
  'died', // the worker ended by itself, or could not be started
  'queue-full', // too many calls wait
  'closed', // the pool was closed
  'set-up', // wrong options, or an interpreter that does not fit
]);

/**
 * What went wrong in a call.
 *
 * @typedef {object} CallError
 * @property {PoolErrorCode} code
 * @property {string} message
 * @property {string} [type] The name of the exception's class.
 * @property {string} [traceback] The traceback as Python prints it.
 * @property {number} [status] The exit status.
 */

/**
 * The answer to a call: `error` if it failed, otherwise `value`.
 *
 * @typedef {object} Answer
 * @property {any} [value] The last expression's, through JSON; null if the source ends with another statement.
 * @property {CallError} [error]
 * @property {string} stdout
 * @property {string} stderr
 */

/** Thrown for what is wrong with the pool or its options, never for what a call did. */
export class PoolError extends Error {
  /** @param {PoolErrorCode} code @param {string} message */
  constructor(code, message) {
    super(`pool: ${message}`);
    this.name = 'PoolError';
    /** For programs. */
    this.code = code;
  }
}

/** What Python says itself; the others are seen from outside. @type {readonly unknown[]} */
const SAID = ['python', 'exit', 'memory', 'value'];
/** Deeper values are refused: engines copy, print and compare values by recursion. */
const DEEPEST = 500;

/**
 * Reads an answer that Python wrote, or whatever the source wrote in its place.
 *
 * @param {string} text
 * @returns {Pick<Answer, 'value' | 'error'>}
 */
export function readAnswer(text) {
  const { value, error } = Object(parsed(text));
  if (isError(error)) {
    const { code, message, type, traceback, status } = error;
    const all = { code, message, type, traceback, status };
    return {
      error: /** @type {CallError} */ (Object.fromEntries(Object.entries(all).filter(([, of]) => of !== undefined))),
    };
  }
  if (error !== undefined || value === undefined) {
    return { error: { code: 'no-answer', message: 'Python came back without an answer' } };
  }
  if (isDeeper(value, DEEPEST)) {
    return { error: { code: 'value', message: `the value is nested more than ${DEEPEST} deep` } };
  }
  return { value };
}

/** @param {string} text @returns {unknown} undefined if it is no JSON */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param {any} error @returns {error is CallError} */
function isError(error) {
  const { code, message, type = '', traceback = '', status = 0 } = Object(error);
  const isText = [message, type, traceback].every((each) => typeof each === 'string');
  return SAID.includes(code) && isText && typeof status === 'number';
}

/** @param {unknown} value @param {number} left @returns {boolean} */
function isDeeper(value, left) {
  if (typeof value !== 'object' || value === null) return false;
  return left === 0 || Object.values(value).some((inner) => isDeeper(inner, left - 1));
}

/** Those of emscripten are no `Error`, and would be written as `[object Object]`. @param {unknown} error */
export function describe(error) {
  const { name, message } = Object(error);
  return name && message ? `${name}: ${message}` : `${error}`;
}

/** @param {string} message @returns {never} */
export function wrong(message) {
  throw new PoolError('set-up', message);
}
