// Functions of a worker, called by messages: { id, method, given }. Answers are { id, result } or { id, error },
// and { died } if the worker answers no more.

import { messageOf } from './page.mjs';

/** The page's side of a worker. Calls are answered in order. */
export class Remote {
  /** @param {string} script @param {string} version of the page's files */
  constructor(script, version) {
    const url = new URL(script, import.meta.url);
    url.search = version;
    this.worker = new Worker(url, { type: 'module' });
    /** Why it does not answer any more. @type {string | undefined} */
    this.ended = undefined;
    /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
    this.waiting = new Map();
    this.calls = 0;
    this.worker.addEventListener('message', ({ data }) => this.receive(data));
    this.worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.die(event.message || 'The worker with Python in it could not be loaded');
    });
  }

  /** @param {any} message of the worker */
  receive(message) {
    if ('died' in message) {
      this.die(`Python ended: ${message.died}. What was defined is gone.`);
      return;
    }
    const call = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if ('error' in message) call?.reject(new Error(message.error));
    else call?.resolve(message.result);
  }

  /** @param {string} reason */
  die(reason) {
    this.close(reason);
  }

  /** @param {string} [reason] what waiting and later calls are rejected with */
  close(reason = 'The interpreter was stopped') {
    this.worker.terminate();
    this.ended ??= reason;
    for (const call of this.waiting.values()) call.reject(new Error(this.ended));
    this.waiting.clear();
  }

  /** @param {string} method @param {unknown[]} given @returns {Promise<any>} */
  call(method, ...given) {
    if (this.ended !== undefined) return Promise.reject(new Error(this.ended));
    const id = this.calls++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, method, given });
    });
  }

  get busy() {
    return this.waiting.size > 0;
  }
}

/**
 * The worker's side: one call after the other, since C has one stack in memory, whoever is suspended on it.
 *
 * @param {Record<string, (...given: any[]) => unknown>} methods
 * @param {(error: unknown) => boolean} [isEnd] whether nothing can be called after this error
 */
export function serve(methods, isEnd = () => false) {
  let turn = Promise.resolve();
  addEventListener('message', ({ data: { id, method, given } }) => {
    turn = turn.then(async () => {
      try {
        postMessage({ id, result: await methods[method]?.(...given) });
      } catch (error) {
        if (isEnd(error)) postMessage({ died: messageOf(error) });
        else postMessage({ id, error: messageOf(error) });
      }
    });
  });
}
