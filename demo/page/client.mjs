// The page's side of a worker with Python in it.

/** @typedef {import('./worker.mjs').Assets} Assets */
/** @typedef {import('./worker.mjs').Opening} Opening */

/** An interpreter in a worker of its own. Calls are answered in order. */
export class Python {
  /** @param {(stream: string, text: string) => void} onOutput @param {string} version of the page's files */
  constructor(onOutput, version) {
    const url = new URL('./worker.js', import.meta.url);
    url.search = version;
    this.worker = new Worker(url, { type: 'module' });
    /** Why it does not answer any more. @type {string | undefined} */
    this.ended = undefined;
    /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
    this.waiting = new Map();
    this.calls = 0;
    /** Where CPython looks for signals; only isolated pages may share memory. */
    this.interrupts =
      globalThis.crossOriginIsolated && typeof SharedArrayBuffer === 'function' ? new SharedArrayBuffer(1) : undefined;
    this.worker.addEventListener('message', ({ data }) => {
      if ('output' in data) {
        for (const [stream, text] of data.output) onOutput(stream, text);
        return;
      }
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
    this.ended = reason;
    for (const call of this.waiting.values()) call.reject(new Error(reason));
    this.waiting.clear();
  }

  /** @param {string} method @param {unknown[]} given @returns {Promise<any>} */
  call(method, ...given) {
    if (this.ended !== undefined) return Promise.reject(new Error(this.ended));
    const id = this.calls++;
    // A signal that came too late for the last call is not for this one.
    if (this.interrupts && !this.busy) Atomics.store(new Uint8Array(this.interrupts), 0, 0);
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

  /** Raises KeyboardInterrupt in what runs. @returns {Promise<boolean>} false if it runs on, as C code does */
  async interrupt() {
    const SIGINT = 2;
    const PATIENCE_MS = 2000;
    if (!this.interrupts) return false;
    Atomics.store(new Uint8Array(this.interrupts), 0, SIGINT);
    const start = performance.now();
    while (this.busy && performance.now() - start < PATIENCE_MS) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return !this.busy;
  }

  /** @param {string} [reason] what waiting calls are told */
  close(reason = 'The interpreter was stopped') {
    this.worker.terminate();
    this.fail(reason);
  }
}
