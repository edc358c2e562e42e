// The page's side of a worker with Python in it.

import { Remote } from './calls.mjs';

/** @typedef {import('./input.mjs').Answer} Answer */
/** @typedef {import('./worker.mjs').Assets} Assets */
/** @typedef {import('./worker.mjs').Opening} Opening */

/**
 * What an interpreter needs of the page. Without `answer` it has no input.
 *
 * @typedef {object} Host
 * @property {(stream: string, text: string) => void} [print]
 * @property {() => void} [ask] asks the visitor for a line, for `answer` of the interpreter
 * @property {(id: string, answer: Answer) => void} [answer] brings an answer to a worker that waits for it
 * @property {() => void} [died] it will answer no more, though nobody closed it
 */

/** An interpreter in a worker of its own. */
export class Python extends Remote {
  /** @param {string} version of the page's files */
  constructor(version) {
    super('python/worker.js', version);
    /** Set it before the interpreter is opened. @type {Host} */
    this.host = {};
    this.opened = false;
    /** The line of input that it waits for. @type {string | undefined} */
    this.asked = undefined;
    /** Where CPython looks for signals; only isolated pages may share memory. */
    this.interrupts =
      globalThis.crossOriginIsolated && typeof SharedArrayBuffer === 'function' ? new SharedArrayBuffer(1) : undefined;
  }

  /** @override @param {any} message of the worker */
  receive(message) {
    if ('output' in message) {
      for (const [stream, text] of message.output) this.host.print?.(stream, text);
    } else if ('input' in message) {
      this.asked = message.input;
      this.host.ask?.();
    } else {
      super.receive(message);
    }
  }

  /** @override @param {string} reason */
  die(reason) {
    const { opened } = this;
    super.die(reason);
    if (opened) this.host.died?.();
  }

  /** @override @param {string} [reason] */
  close(reason) {
    super.close(reason);
    this.opened = false;
    this.asked = undefined;
  }

  /** @override @param {string} method @param {unknown[]} given @returns {Promise<any>} */
  call(method, ...given) {
    // A signal that came too late for the last call is not for this one.
    if (this.interrupts && !this.busy) Atomics.store(new Uint8Array(this.interrupts), 0, 0);
    return super.call(method, ...given);
  }

  /**
   * @param {Assets} assets
   * @param {Opening} [opening]
   * @returns {Promise<{ python: string, path: string }>}
   */
  async open(assets, opening = {}) {
    const { interrupts, host } = this;
    const about = await this.call('open', assets, { ...opening, interrupts, input: Boolean(host.answer) });
    this.opened = true;
    return JSON.parse(about);
  }

  /** Runs a function of page.py. @param {string} name @param {string} [argument] */
  async ask(name, argument = '') {
    return JSON.parse(await this.call('ask', name, argument));
  }

  /** The same, and what it runs may wait for promises. @param {string} name @param {string} argument */
  async askSuspending(name, argument) {
    return JSON.parse(await this.call('askSuspending', name, argument));
  }

  /** Answers what Python asked the visitor, if it did. @param {Answer} answer */
  answer(answer) {
    if (this.asked) this.host.answer?.(this.asked, answer);
    this.asked = undefined;
  }

  /** Raises KeyboardInterrupt in what runs. @returns {Promise<boolean>} false if it runs on, as C code does */
  async interrupt() {
    const SIGINT = 2;
    const PATIENCE_MS = 2000;
    if (this.asked) this.answer({ stop: true });
    else if (this.interrupts) Atomics.store(new Uint8Array(this.interrupts), 0, SIGINT);
    else return false;
    const start = performance.now();
    while (this.busy && performance.now() - start < PATIENCE_MS) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return !this.busy;
  }
}
