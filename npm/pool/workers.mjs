// The queue of calls, and the workers that take them. Licence: MIT OR Apache-2.0.

import { PoolError } from './answer.mjs';
import { startThread } from './thread.mjs';

/** @typedef {import('./answer.mjs').Answer} Answer */
/** @typedef {import('./answer.mjs').CallError} CallError */
/** @typedef {import('./instance.mjs').Call} Call */
/** @typedef {import('./instance.mjs').Plan} Plan */
/** @typedef {import('./thread.mjs').Thread} Thread */
/** @typedef {import('./worker.mjs').Report} Report */

/** A call that waits or runs. @typedef {{ call: Call, timeout: number, settle: (answer: Answer) => void }} Job */

/**
 * A worker: it starts, waits, runs a job, or sets its instance back.
 *
 * @typedef {object} Place
 * @property {Thread} [thread]
 * @property {Job} [job]
 * @property {ReturnType<typeof setTimeout>} [timer] of its start, or of its job
 * @property {boolean} started
 * @property {boolean} gone
 */

/** Numbers of a pool since it was made. */
export class Statistics {
  calls = 0;
  /** Instances that were set back. */
  setBack = 0;
  /** Instances that were replaced, by reason. @type {Record<string, number>} */
  replaced = {};
  /** With `verify`: words of memory, slots and globals that were not as recorded. */
  differing = 0;
  /** Bytes of an instance's memory. */
  memorySize = 0;
  /** Slots of its function table. */
  tableLength = 0;
}

export class Workers {
  /** @type {Plan} */
  #plan;
  #size;
  #queueLength;
  #startTimeout;
  /** @type {Job[]} */
  #queue = [];
  /** @type {Place[]} */
  #idle = [];
  /** @type {Set<Place>} */
  #places = new Set();
  #closed = false;
  /** Settled when the first instance is ready. */
  #ready = deferred();
  #isReady = false;
  statistics = new Statistics();

  /** @param {Plan} plan @param {number} size @param {number} queueLength @param {number} startTimeout in milliseconds */
  constructor(plan, size, queueLength, startTimeout) {
    this.#plan = plan;
    this.#size = size;
    this.#queueLength = queueLength;
    this.#startTimeout = startTimeout;
    this.#fill();
  }

  /** @returns {Promise<void>} */
  get ready() {
    return this.#ready.promise;
  }

  /** @param {Omit<Job, 'settle'>} job @returns {Promise<Answer>} */
  run(job) {
    if (this.#closed) return Promise.resolve(failure('closed', 'the pool was closed'));
    if (this.#idle.length === 0 && this.#queue.length >= this.#queueLength) {
      return Promise.resolve(failure('queue-full', `${this.#queue.length} calls wait: try again later`));
    }
    return new Promise((settle) => {
      this.#queue.push({ ...job, settle });
      this.#fill();
      this.#next();
    });
  }

  close() {
    this.#closed = true;
    for (const place of this.#places) this.#drop(place, failure('closed', 'the pool was closed'));
    for (const { settle } of this.#queue.splice(0)) settle(failure('closed', 'the pool was closed'));
  }

  /** Starts the workers that are missing. */
  #fill() {
    while (!this.#closed && this.#places.size < this.#size) this.#start();
  }

  #start() {
    /** @type {Place} */
    const place = { started: false, gone: false };
    this.#places.add(place);
    const late = `it did not start within ${this.#startTimeout} ms, the pool's option startTimeout`;
    this.#limit(place, this.#startTimeout, () => this.#lose(place, late));
    startThread(
      (report) => this.#hear(place, report),
      (reason) => this.#lose(place, `the worker ended: ${reason}`),
    )
      .then((thread) => {
        if (place.gone) return thread.end();
        place.thread = thread;
        thread.send({ plan: this.#plan });
      })
      // It also catches options that cannot be sent, such as functions.
      .catch((error) => this.#lose(place, `no worker could be started: ${error}`));
  }

  /** @param {Place} place @param {Report} report */
  #hear(place, report) {
    if (place.gone) return;
    if ('ready' in report) {
      clearTimeout(place.timer);
      place.started = true;
      Object.assign(this.statistics, report.ready);
      this.#isReady = true;
      this.#ready.resolve();
      this.#rest(place);
    } else if ('failed' in report) {
      this.#lose(place, report.failed);
    } else if ('answer' in report) {
      this.#settle(place, report.answer);
    } else if (report.rest.reason !== undefined) {
      this.#replace(place, report.rest.reason);
    } else {
      this.statistics.setBack++;
      this.statistics.differing += report.rest.differing ?? 0;
      Object.assign(this.statistics, report.rest.size);
      this.#rest(place);
    }
  }

  /** @param {Place} place that can take a call */
  #rest(place) {
    this.#idle.push(place);
    this.#next();
  }

  #next() {
    while (this.#idle.length > 0 && this.#queue.length > 0) {
      // The last one is warm in the processor's caches.
      const place = /** @type {Place} */ (this.#idle.pop());
      const job = /** @type {Job} */ (this.#queue.shift());
      place.job = job;
      this.statistics.calls++;
      const late = failure('timeout', `it ran longer than ${job.timeout} ms`);
      this.#limit(place, job.timeout, () => this.#replace(place, 'timeout', late));
      place.thread?.send({ call: job.call });
    }
  }

  /** @param {Place} place @param {number} milliseconds @param {() => void} stop */
  #limit(place, milliseconds, stop) {
    // If this thread was busy, the worker's message may have come: messages are taken before the second timer.
    place.timer = setTimeout(() => {
      place.timer = setTimeout(stop);
    }, milliseconds);
  }

  /** @param {Place} place @param {Answer} answer */
  #settle(place, answer) {
    clearTimeout(place.timer);
    const { job } = place;
    delete place.job;
    job?.settle(answer);
  }

  /** @param {Place} place @param {Answer} [answer] to the call that it runs */
  #drop(place, answer) {
    if (place.gone) return;
    place.gone = true;
    this.#places.delete(place);
    this.#idle = this.#idle.filter((idle) => idle !== place);
    clearTimeout(place.timer);
    place.thread?.end();
    if (answer) this.#settle(place, answer);
  }

  /** @param {Place} place @param {string} reason @param {Answer} [answer] */
  #replace(place, reason, answer) {
    if (place.gone) return;
    this.statistics.replaced[reason] = (this.statistics.replaced[reason] ?? 0) + 1;
    this.#drop(place, answer);
    this.#fill();
  }

  /** A worker ended that nobody stopped, or never started. @param {Place} place @param {string} reason */
  #lose(place, reason) {
    if (place.gone) return;
    if (!this.#isReady) {
      this.#closed = true;
      for (const other of this.#places) this.#drop(other);
      this.#ready.reject(new PoolError('set-up', `no instance could be made: ${reason}`));
    } else if (place.started) {
      this.#replace(place, 'died', failure('died', reason));
    } else {
      // It failed while it started: calls that wait get the error, and the next call tries again.
      this.#drop(place);
      if (this.#places.size === 0) for (const { settle } of this.#queue.splice(0)) settle(failure('died', reason));
    }
  }
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function deferred() {
  /** @type {() => void} */
  let resolve = () => {};
  /** @type {(error: unknown) => void} */
  let reject = () => {};
  /** @type {Promise<void>} */
  const promise = new Promise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** @param {CallError['code']} code @param {string} message @returns {Answer} */
function failure(code, message) {
  return { error: { code, message }, stdout: '', stderr: '' };
}
