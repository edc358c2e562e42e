// Workers, alike in Node and elsewhere. Licence: MIT OR Apache-2.0.

/** @typedef {import('./worker.mjs').Order} Order */
/** @typedef {import('./worker.mjs').Report} Report */

/** What a worker calls in Node: CPython counts its recursion for a stack of 8 MB. */
const LIMITS = { 'stackSizeMb': 16 };

/**
 * @typedef {object} Thread
 * @property {(order: Order) => void} send
 * @property {() => void} end stops it at once, whatever runs
 */

/**
 * Starts a worker.
 *
 * @param {(report: Report) => void} onReport
 * @param {(reason: string) => void} onEnd it ended by itself
 * @returns {Promise<Thread>}
 */
export async function startThread(onReport, onEnd) {
  if (typeof Worker === 'function') {
    const worker = new Worker(new URL('./worker.mjs', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }) => onReport(data));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      // Without a message, nothing of it ran.
      onEnd(event.message || 'its script worker.mjs cannot be loaded, or may not be');
    });
    worker.addEventListener('messageerror', () => onEnd('a message could not be read'));
    return { send: (order) => worker.postMessage(order), end: () => worker.terminate() };
  }
  const threads = await import('node:worker_threads');
  const worker = new threads.Worker(new URL('./worker.mjs', import.meta.url), {
    resourceLimits: LIMITS,
    env: {},
    stdin: false,
  });
  worker.on('message', onReport);
  worker.on('messageerror', () => onEnd('a message could not be read'));
  worker.on('error', (error) => onEnd(`${error}`));
  worker.on('exit', (code) => onEnd(`it exited with ${code}`));
  return { send: (order) => worker.postMessage(order), end: () => void worker.terminate() };
}
