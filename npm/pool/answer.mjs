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
 * @property {string} [type] the exception's class
 * @property {string} [traceback] as Python prints it
 * @property {number} [status] of an exit
 */

/**
 * The answer to a call: `error` if it failed, otherwise `value`.
 *
 * @typedef {object} Answer
 * @property {any} [value] of the last expression, through JSON; null if the source ends with another statement
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

/** @param {string} message @returns {never} */
export function wrong(message) {
  throw new PoolError('set-up', message);
}
