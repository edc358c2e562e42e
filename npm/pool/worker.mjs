// The worker of a pool: makes an instance, and runs one call after the other. Licence: MIT OR Apache-2.0.

import { describe } from './answer.mjs';
import { createInstance } from './instance.mjs';

/** @typedef {import('./instance.mjs').Plan} Plan */
/** @typedef {import('./instance.mjs').Call} Call */
/** @typedef {import('./answer.mjs').Answer} Answer */

/** To a worker. @typedef {{ plan: Plan } | { call: Call }} Order */

/**
 * From a worker: it is ready, has an answer, has set its instance back or cannot; it could not be made.
 *
 * @typedef {{ ready: import('./instance.mjs').Size } | { answer: Answer } | { rest: import('./instance.mjs').Rest } | { failed: string }} Report
 */

/** @type {Awaited<ReturnType<typeof createInstance>> | undefined} */
let instance;

/** @param {Order} order @param {(report: Report) => void} report */
async function obey(order, report) {
  if ('plan' in order) {
    try {
      instance = await createInstance(order.plan);
      report({ ready: instance.size() });
    } catch (error) {
      report({ failed: describe(error) });
    }
    return;
  }
  if (!instance) return;
  try {
    report({ answer: instance.call(order.call) });
  } catch (error) {
    // Such as more output than a text may have.
    report({ failed: describe(error) });
    return;
  }
  // Whoever waits for the answer has it by now.
  try {
    report({ rest: instance.setBack() });
  } catch (error) {
    report({ rest: { reason: describe(error) } });
  }
}

if ('WorkerGlobalScope' in globalThis) {
  addEventListener('message', ({ data }) => obey(data, (report) => postMessage(report)));
} else {
  const { parentPort } = await import('node:worker_threads');
  parentPort?.on('message', (order) => obey(order, (report) => parentPort.postMessage(report)));
}
