// A fresh Python for each call: workers that are set back to a snapshot. docs/pool.md says what is safe.
// Licence: MIT OR Apache-2.0.

import { buildId, inspectSnapshot } from '../snapshot/index.mjs';
import { wrong } from './answer.mjs';
import { hasNames } from './imports.mjs';
import { Workers } from './workers.mjs';

export { CODES, PoolError } from './answer.mjs';

/** @typedef {import('./answer.mjs').Answer} Answer */
/** @typedef {import('./answer.mjs').CallError} CallError */
/** @typedef {import('./answer.mjs').PoolErrorCode} PoolErrorCode */
/** @typedef {import('./instance.mjs').Plan} Plan */
/** Text or bytes, by absolute path. @typedef {Record<string, string | ArrayBufferView>} Files */

/**
 * @typedef {object} CallOptions
 * @property {Record<string, unknown>} [globals] Names in `__main__`; their values pass as JSON.
 * @property {Files} [files] Files that are written before the source runs.
 * @property {number} [timeout] Milliseconds of running, after which the call is stopped; by default the pool's.
 * @property {number} [memory] The most bytes that Python may have, and that its files and output may take; by default the pool's.
 */

/**
 * @typedef {object} PoolOptions
 * @property {string | URL} glue URL of emscripten's JavaScript, `python.mjs`.
 * @property {WebAssembly.Module | BufferSource} wasm The interpreter, `python.wasm`, compiled or as bytes.
 * @property {import('../snapshot/index.mjs').Snapshot} snapshot What `takeSnapshot` returned, of the same build.
 * @property {string} [build] What `buildId` returns for the bytes of `wasm`; required with a `WebAssembly.Module`.
 * @property {Files} [files] Files that each instance has, such as the standard library.
 * @property {Record<string, unknown>} [options] Options of the emscripten module. They go to workers: no functions.
 * @property {string} [prepare] Python source that runs once in each worker, such as imports.
 * @property {number} [size] How many workers there are; by default one for each processor.
 * @property {number} [queue] The most calls that wait; by default 1,000.
 * @property {number} [timeout] For calls without one of their own, in milliseconds; by default 30,000.
 * @property {number} [memory] For calls without one of their own, in bytes; by default 268,435,456.
 * @property {number} [startTimeout] Milliseconds in which a worker has to start, `prepare` included; by default 60,000.
 * @property {boolean} [verify] Compares memory, function table and globals after each call: slow, for tests.
 */

const DEFAULTS = { timeout: 30_000, memory: 256 * 1024 * 1024, queue: 1000, startTimeout: 60_000 };
/** What timers can wait: longer ones fire at once. */
const LONGEST_MS = 2 ** 31 - 1;
const POOL_OPTIONS = [
  ...['glue', 'wasm', 'snapshot', 'build', 'files', 'options', 'prepare', 'size', 'queue', 'timeout', 'memory'],
  ...['startTimeout', 'verify'],
];
const CALL_OPTIONS = ['globals', 'files', 'timeout', 'memory'];

/** @param {unknown} value @param {string} name @returns {value is Record<string, any>} */
function checkObject(value, name) {
  return Object.prototype.toString.call(value) === '[object Object]' || wrong(`${name} is no object`);
}

/** @param {object} options @param {string[]} known */
function checkNames(options, known) {
  checkObject(options, 'options');
  const unknown = Object.keys(options).filter((name) => !known.includes(name));
  if (unknown.length > 0) wrong(`there is no option ${unknown.join(', ')}: the options are ${known.join(', ')}`);
}

/** docs/pool.md has what was tried. */
const PYODIDE =
  'a Pyodide cannot be set back: its calls reach all of JavaScript, and the values, proxies and promises that they leave there ' +
  'outlive its memory. Link CPython as docs/snapshots.md says, or load a Pyodide for each call';

/** @param {Record<string, any>} options */
function checkNumbers(options) {
  for (const name of ['size', 'queue', 'timeout', 'memory', 'startTimeout']) {
    const value = options[name];
    if (value !== undefined && !(typeof value === 'number' && value >= (name === 'queue' ? 0 : 1))) {
      wrong(`${name} is no number of at least ${name === 'queue' ? 0 : 1}: ${value}`);
    }
    if (name === 'size' && value !== undefined && !Number.isSafeInteger(value))
      wrong(`size is no whole number: ${value}`);
  }
}

/** @param {Record<string, unknown>} files */
function checkFiles(files) {
  checkObject(files, 'files');
  for (const [path, data] of Object.entries(files)) {
    if (!path.startsWith('/')) wrong(`files: ${path} does not begin with /`);
    if (path.includes('\0')) wrong(`files: ${path} has a null character`);
    if (typeof data !== 'string' && !ArrayBuffer.isView(data)) wrong(`files: ${path} is neither text nor bytes`);
  }
}

/** What JSON would write as null, or leave out. @param {string} name @param {unknown} value */
function onlyJson(name, value) {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${name} is ${value}`);
  if (typeof value === 'function' || typeof value === 'symbol') throw new TypeError(`${name} is a ${typeof value}`);
  return value;
}

/** @param {string | ArrayBufferView | ArrayBuffer | SharedArrayBuffer} data */
function bytesOf(data) {
  if (typeof data === 'string') return new TextEncoder().encode(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

/** @param {string | ArrayBufferView | ArrayBuffer | SharedArrayBuffer} data @returns {Uint8Array} which workers share where they can */
function shared(data) {
  const bytes = bytesOf(data);
  if (typeof SharedArrayBuffer === 'undefined' || globalThis.crossOriginIsolated === false) return bytes.slice();
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

/** @param {string | URL} glue */
function addressOf(glue) {
  try {
    return new URL(glue, globalThis.location?.href).href;
  } catch {
    return wrong(`glue is no URL: ${glue}. For a file beside a module: new URL('./python.mjs', import.meta.url)`);
  }
}

/** @param {PoolOptions} options @returns {Promise<{ module: WebAssembly.Module, build: string }>} */
async function compile({ wasm, build }) {
  if (Object.prototype.toString.call(wasm) === '[object WebAssembly.Module]') {
    if (!build) return wrong('build is missing: with a WebAssembly.Module, pass what buildId(wasm) returns');
    return { module: /** @type {WebAssembly.Module} */ (wasm), build };
  }
  const bytes = /** @type {BufferSource} */ (wasm);
  const module = await WebAssembly.compile(bytes).catch((error) => wrong(`wasm cannot be compiled: ${error}`));
  return { module, build: build ?? (await buildId(bytes)) };
}

/**
 * Starts a pool; its first instance is ready then.
 *
 * @param {PoolOptions} options
 * @returns {Promise<Pool>}
 * @throws {PoolError}
 */
export async function createPool(options) {
  if (typeof Object(options).runPython === 'function' || Object(options).pyodide) wrong(PYODIDE);
  checkNames(options, POOL_OPTIONS);
  checkNumbers(options);
  const { snapshot, files = {}, prepare = '' } = options;
  checkFiles(files);
  checkObject(options.options ?? {}, 'options.options');
  if (typeof prepare !== 'string') wrong(`prepare is no text: ${typeof prepare}`);
  const { verify = false } = options;
  if (typeof verify !== 'boolean') wrong(`verify is neither true nor false: ${verify}`);
  const glue = addressOf(options.glue);
  const { module, build } = await compile(options);
  if (WebAssembly.Module.exports(module).some(({ name }) => name === 'hiwire_new')) wrong(PYODIDE);
  if (!hasNames(module)) {
    return wrong('its imports have no names, by which the pool knows what to set back: link with -O2, not -O3 or -Os');
  }
  try {
    inspectSnapshot(snapshot);
  } catch (error) {
    return wrong(`${error}`);
  }
  const workers = new Workers(
    {
      glue,
      module,
      build,
      snapshot: shared(snapshot),
      files: Object.fromEntries(Object.entries(files).map(([path, data]) => [path, shared(data)])),
      options: options.options ?? {},
      prepare,
      verify,
    },
    options.size ?? globalThis.navigator?.hardwareConcurrency ?? 2,
    options.queue ?? DEFAULTS.queue,
    Math.min(options.startTimeout ?? DEFAULTS.startTimeout, LONGEST_MS),
  );
  await workers.ready;
  return new Pool(workers, options);
}

/** Instances of one snapshot, each of which runs a call at a time. */
export class Pool {
  #workers;
  #defaults;

  /** @param {Workers} workers @param {Pick<PoolOptions, 'timeout' | 'memory'>} options */
  constructor(workers, options) {
    this.#workers = workers;
    this.#defaults = { timeout: options.timeout ?? DEFAULTS.timeout, memory: options.memory ?? DEFAULTS.memory };
  }

  /**
   * Runs a source in a fresh Python. It does not reject for what the source does: the answer has the error.
   *
   * @param {string} source
   * @param {CallOptions} [options]
   * @returns {Promise<Answer>}
   * @throws {PoolError} if the options are wrong
   */
  async run(source, options = {}) {
    checkNames(options, CALL_OPTIONS);
    checkNumbers(options);
    if (typeof source !== 'string') wrong(`the source is no text: ${typeof source}`);
    const { globals = {}, files = {} } = options;
    const { timeout = this.#defaults.timeout, memory = this.#defaults.memory } = options;
    const { memorySize } = this.#workers.statistics;
    if (memory < memorySize) wrong(`memory is ${memory}, and the snapshot takes ${memorySize}`);
    checkObject(globals, 'globals');
    checkFiles(files);
    let request = '';
    try {
      request = JSON.stringify({ source, globals }, onlyJson);
    } catch (error) {
      wrong(`globals cannot be sent as JSON: ${error}`);
    }
    // Copies: Python writes to its files, the caller may write to shared bytes, and calls may wait.
    const copies = Object.entries(files).map(([path, data]) => [path, bytesOf(data).slice()]);
    return this.#workers.run({
      call: { request: new TextEncoder().encode(request), files: Object.fromEntries(copies), memory },
      timeout: Math.min(timeout, LONGEST_MS),
    });
  }

  /**
   * For monitoring. Since the pool was made: `calls`, instances that were set back or `replaced` (by reason), and with `verify`
   * words of memory, slots and globals that differed. Of an instance: `memorySize` in bytes, `tableLength` in slots.
   */
  get statistics() {
    const { replaced, ...numbers } = this.#workers.statistics;
    return { ...numbers, replaced: { ...replaced } };
  }

  /** Stops all workers; calls that wait or run are answered with `closed`. */
  close() {
    this.#workers.close();
  }
}
