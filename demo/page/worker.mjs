// Python's worker. The first message opens it; the others are calls: { id, method, arguments }. Answers
// are { id, result } or { id, error }; Python's output comes as { stream, text } between them.

import createDemo from './demo.mjs';
import { reseed, restoreSnapshot, takeSnapshot } from './snapshot.mjs';

/**
 * What the page hands over, once fetched.
 *
 * @typedef {object} Assets
 * @property {WebAssembly.Module} module
 * @property {WebAssembly.Module | null} upstream CPython's own design, for the speed page; null without wasm-gc
 * @property {ArrayBuffer} stdlib
 * @property {ArrayBuffer} snapshot
 * @property {string} build
 */

/** @typedef {{ path?: string, cold?: boolean, interrupts?: SharedArrayBuffer }} Opening */

/** @type {Record<string, any>} */
let demo;

/** @param {Assets} assets @param {Opening} opening */
async function open(assets, opening) {
  const { module, upstream, stdlib, snapshot, build } = assets;
  demo = await createDemo({
    pyemBuild: build,
    pyemTrampolineOptions: opening.path ? { path: opening.path } : {},
    dispatchUpstream: upstream,
    noExitRuntime: true,
    /** @param {WebAssembly.Imports} imports @param {(instance: WebAssembly.Instance) => void} receive */
    instantiateWasm: (imports, receive) => receive(new WebAssembly.Instance(module, imports)),
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
  return demo['ask']('about', '');
}

/** @type {Record<string, (...given: any[]) => unknown>} */
const methods = {
  open,
  push: (source) => demo['push'](source),
  ask: (name, argument) => demo['ask'](name, argument),
  snapshot: () => takeSnapshot(demo),
};

addEventListener('message', async ({ data: { id, method, given } }) => {
  try {
    postMessage({ id, result: await methods[method]?.(...given) });
  } catch (error) {
    postMessage({ id, error: error instanceof Error ? error.message : `${error}` });
  }
});
