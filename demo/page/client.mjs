// The page's side of a worker with Python in it.

/** @typedef {import('./worker.mjs').Assets} Assets */
/** @typedef {import('./worker.mjs').Opening} Opening */

/** An interpreter in a worker of its own. Calls are answered in order. */
export class Python {
  /** @param {(stream: string, text: string) => void} onOutput */
  constructor(onOutput) {
    this.worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
    /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
    this.waiting = new Map();
    this.calls = 0;
    /** Where CPython looks for signals; only isolated pages may share memory. */
    this.interrupts =
      globalThis.crossOriginIsolated && typeof SharedArrayBuffer === 'function' ? new SharedArrayBuffer(1) : undefined;
    this.worker.addEventListener('message', ({ data }) => {
      if ('stream' in data) return onOutput(data.stream, data.text);
      const call = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if ('error' in data) call?.reject(new Error(data.error));
      else call?.resolve(data.result);
    });
    this.worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.fail(event.message || 'The worker with Python in it could not be loaded');
    });
  }

  /** @param {string} reason */
  fail(reason) {
    for (const call of this.waiting.values()) call.reject(new Error(reason));
    this.waiting.clear();
  }

  /** @param {string} method @param {unknown[]} given @returns {Promise<any>} */
  call(method, ...given) {
    const id = this.calls++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, method, given });
    });
  }

  /**
   * @param {Assets} assets
   * @param {Opening} [opening]
   * @returns {Promise<{ python: string, path: string }>}
   */
  async open(assets, opening = {}) {
    return JSON.parse(await this.call('open', assets, { ...opening, interrupts: this.interrupts }));
  }

  /** Runs a function of page.py. @param {string} name @param {string} [argument] */
  async ask(name, argument = '') {
    return JSON.parse(await this.call('ask', name, argument));
  }

  /** The same, and what it runs may wait for promises. @param {string} name @param {string} argument */
  async askSuspending(name, argument) {
    return JSON.parse(await this.call('askSuspending', name, argument));
  }

  get busy() {
    return this.waiting.size > 0;
  }

  /** Raises KeyboardInterrupt in what runs. @returns {boolean} false where that is not possible */
  interrupt() {
    const SIGINT = 2;
    if (this.interrupts) Atomics.store(new Uint8Array(this.interrupts), 0, SIGINT);
    return this.interrupts !== undefined;
  }

  /** @param {string} [reason] what waiting calls are told */
  close(reason = 'The interpreter was stopped') {
    this.worker.terminate();
    this.fail(reason);
  }
}
