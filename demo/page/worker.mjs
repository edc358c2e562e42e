// Python's worker. The first call opens it. Between the answers (calls.mjs) come Python's output,
// { output: [[stream, text], …] }, and { input: id } when it waits for a line.

import { hasJspi } from './assets.mjs';
import { serve } from './calls.mjs';
import createDemo from './demo.mjs';
import { attachInput } from './input.mjs';
import { mountLibrary } from './library.mjs';
import { messageOf } from './page.mjs';
import { reseed, restoreSnapshot, takeSnapshot } from './snapshot/index.mjs';
import { suspendingFetch } from './suspending.mjs';

/**
 * What the page hands over, once fetched.
 *
 * @typedef {object} Assets
 * @property {WebAssembly.Module} module
 * @property {WebAssembly.Module | null} upstream CPython's own design, for the speed page; null without wasm-gc
 * @property {string} index of the standard library: a LibraryIndex as JSON
 * @property {Blob} library its download `start`: a worker gets no copy
 * @property {ArrayBuffer | SharedArrayBuffer} snapshot unpacked, so without accidents; shared where pages may share memory
 * @property {string} build of demo.wasm
 * @property {string} version of all files
 */

/** @typedef {{ path?: string, cold?: boolean, interrupts?: SharedArrayBuffer, input?: boolean }} Opening */

/** The page's folder: this is bundled into `python/worker.js`, for the scope of the service worker. */
const base = new URL('..', import.meta.url);

/** @type {Record<string, any>} */
let demo;
/** Runs the request; Python may wait for promises where the engine has JSPI. @type {() => unknown} */
let runSuspending;

/** What benchmarks read: a step of the start has ended. @param {string} step */
const ended = (step) => performance.mark(step);
ended('worker and script');

/** @param {string} text */
function report(text) {
  postMessage({ output: [['stderr', `${text}\n`]] });
}

/** @param {string} url */
async function fetchText(url) {
  const response = await fetch(new URL(url, base));
  if (!response.ok) throw new Error(`the server says ${response.status}`);
  return response.text();
}

/** Fetches a part of the library while Python waits for its import. @param {string} name @param {string} version */
function fetchNow(name, version) {
  const file = `library/${name}.bin`;
  const url = new URL(file, base);
  url.search = version;
  const request = new XMLHttpRequest();
  request.open('GET', url, false);
  request.responseType = 'arraybuffer';
  try {
    request.send();
    if (request.status !== 200) throw new Error(`the server says ${request.status}`);
    // Run at the first call only: fflate computes tables, which takes milliseconds.
    const { gunzipSync } = require('./gunzip.js');
    return gunzipSync(new Uint8Array(request.response));
  } catch (error) {
    report(`${file} could not be downloaded: ${messageOf(error)}.`);
    throw error;
  }
}

/** Reads a file while Python waits for it. @param {Blob} file */
function readNow(file) {
  // Workers have it; the types are those of pages.
  const { FileReaderSync } = /** @type {any} */ (globalThis);
  return new Uint8Array(new FileReaderSync().readAsArrayBuffer(file));
}

/** @param {Assets} assets @param {Opening} opening */
async function open(assets, opening) {
  ended('what it is handed');
  const { module, upstream, index, library, snapshot, build, version } = assets;
  demo = await createDemo({
    pyemBuild: build,
    pyemTrampolineOptions: opening.path ? { path: opening.path } : {},
    dispatchUpstream: upstream,
    noExitRuntime: true,
    printErr: report,
    /** @param {WebAssembly.Imports} imports @param {(instance: WebAssembly.Instance) => void} receive */
    instantiateWasm(imports, receive) {
      if (hasJspi()) {
        Object.assign(imports['env'] ?? {}, { suspend_fetch_js: suspendingFetch(() => demo, fetchText) });
      }
      ended('glue');
      const instance = new WebAssembly.Instance(module, imports);
      ended('instance');
      const run = instance.exports['run'];
      runSuspending = hasJspi() ? /** @type {any} */ (WebAssembly).promising(run) : run;
      receive(instance);
    },
    /** @param {Record<string, any>} instance */
    preRun({ FS, ENV }) {
      mountLibrary(
        FS,
        () => JSON.parse(index),
        (name) => (name === 'start' ? readNow(library) : fetchNow(name, version)),
      );
      ENV.PYTHONHOME = '/pyem';
      ended('files');
    },
  });
  ended('run-time initialisation');
  // CPython looks there for the number of a signal.
  demo['Py_EmscriptenSignalBuffer'] = new Uint8Array(opening.interrupts ?? new ArrayBuffer(1));
  attachInput(demo, opening.input === true, report);
  if (opening.cold) {
    demo['start']();
    ended('Python');
  } else {
    restoreSnapshot(demo, snapshot, { inspected: true });
    ended('restore');
    reseed(demo);
    ended('reseed');
  }
  return ask('about', '');
}

/** What Python is after an exception went through its C functions, or after it has exited. */
class Died extends Error {}

/** @param {() => unknown} run @param {string} name of a function of page.py @param {string} argument */
async function perform(run, name, argument) {
  try {
    demo['request'](name, argument);
    await run();
  } catch (error) {
    try {
      demo['flush']();
    } catch {
      // What it printed last is lost.
    }
    throw new Died(messageOf(error));
  }
  return demo['answer']();
}

/** @param {string} name @param {string} argument */
const ask = (name, argument) => perform(demo['_run'], name, argument);

/** As `ask`, on a stack that can be suspended. @param {string} name @param {string} argument */
const askSuspending = (name, argument) => perform(runSuspending, name, argument);

/** When each step ended, in milliseconds of the epoch. @returns {[step: string, end: number][]} */
function steps() {
  return performance.getEntriesByType('mark').map(({ name, startTime }) => [name, performance.timeOrigin + startTime]);
}

serve({ open, ask, askSuspending, snapshot: () => takeSnapshot(demo), steps }, (error) => error instanceof Died);
