// Python's worker. The first message opens it; the others are calls: { id, method, given }. Answers
// are { id, result } or { id, error }; Python's output comes as { output: [[stream, text], …] } between them.

import { hasJspi } from './assets.mjs';
import createDemo from './demo.mjs';
import { reseed, restoreSnapshot, takeSnapshot } from './snapshot/index.mjs';

/**
 * What the page hands over, once fetched.
 *
 * @typedef {object} Assets
 * @property {WebAssembly.Module} module
 * @property {WebAssembly.Module | null} upstream CPython's own design, for the speed page; null without wasm-gc
 * @property {ArrayBuffer} stdlib
 * @property {ArrayBuffer} snapshot
 * @property {string} build of demo.wasm
 * @property {string} version of all files
 */

/** @typedef {{ path?: string, cold?: boolean, interrupts?: SharedArrayBuffer }} Opening */

/** @type {Record<string, any>} */
let demo;
/** Runs the request; Python may wait for promises where the engine has JSPI. @type {() => unknown} */
let runSuspending;

/** What suspend.c calls: Python waits for it. @param {number} url @returns {Promise<number>} */
async function fetchText(url) {
  const answer = await fetch(new URL(demo['UTF8ToString'](url), import.meta.url)).then(
    async (response) => (response.ok ? `+${await response.text()}` : `-the server says ${response.status}`),
    (error) => `-${error}`,
  );
  return demo['stringToNewUTF8'](answer);
}

/** @param {Assets} assets @param {Opening} opening */
async function open(assets, opening) {
  const { module, upstream, stdlib, snapshot, build } = assets;
  demo = await createDemo({
    pyemBuild: build,
    pyemTrampolineOptions: opening.path ? { path: opening.path } : {},
    dispatchUpstream: upstream,
    noExitRuntime: true,
    /** @param {WebAssembly.Imports} imports @param {(instance: WebAssembly.Instance) => void} receive */
    instantiateWasm(imports, receive) {
      const { Suspending, promising } = /** @type {any} */ (WebAssembly);
      if (hasJspi()) Object.assign(imports['env'] ?? {}, { suspend_fetch_js: new Suspending(fetchText) });
      const instance = new WebAssembly.Instance(module, imports);
      const run = instance.exports['run'];
      runSuspending = hasJspi() ? promising(run) : run;
      receive(instance);
    },
    /** @param {Record<string, any>} instance */
    preRun({ FS, ENV }) {
      FS.mkdirTree('/pyem/lib/python3.13');
      FS.writeFile('/pyem/lib/python313.zip', new Uint8Array(stdlib));
      ENV.PYTHONHOME = '/pyem';
    },
  });
  // CPython looks there for the number of a signal.
  if (opening.interrupts) demo['Py_EmscriptenSignalBuffer'] = new Uint8Array(opening.interrupts);
  if (opening.cold) demo['start']();
  else {
    restoreSnapshot(demo, snapshot);
    reseed(demo);
  }
  return ask('about', '');
}

/** @param {string} name @param {string} argument */
function ask(name, argument) {
  demo['request'](name, argument);
  demo['_run']();
  return demo['answer']();
}

/** As `ask`, on a stack that can be suspended. @param {string} name @param {string} argument */
async function askSuspending(name, argument) {
  demo['request'](name, argument);
  await runSuspending();
  return demo['answer']();
}

/** @type {Record<string, (...given: any[]) => unknown>} */
const methods = { open, ask, askSuspending, snapshot: () => takeSnapshot(demo) };

// One call after the other: C has one stack in memory, whoever is suspended on it.
let turn = Promise.resolve();

addEventListener('message', ({ data: { id, method, given } }) => {
  turn = turn.then(async () => {
    try {
      postMessage({ id, result: await methods[method]?.(...given) });
    } catch (error) {
      postMessage({ id, error: error instanceof Error ? error.message : `${error}` });
    }
  });
});
