// The worker of the view "Attach": a Pyodide as it comes from npm, stock and attached in turn. While it is
// loaded it posts { progress }, from 0 to 1.

import { fetchCounted } from './assets.mjs';
import { attach } from './attach/index.mjs';
import source from './attach.py';
import { serve } from './calls.mjs';

/** @typedef {import('./attach/index.mjs').Trampoline} Trampoline */
/** @typedef {import('./attach/resolve.mjs').Path} Path */

/** @type {any} */
let pyodide;
/** attach.py @type {{ kinds(): string, calibrate(): void, measure(): string }} */
let measurements;
/** @type {Trampoline | undefined} */
let trampoline;

/** @param {import('./assets.mjs').Manifest['pyodide']} stock */
async function open({ version, files }) {
  /** Beside this file. */
  const folder = new URL(`${version}/`, import.meta.url);
  const whole = Object.values(files).reduce((sum, bytes) => sum + bytes);
  let loaded = 0;
  const onBytes = (/** @type {number} */ bytes) => {
    loaded += bytes;
    postMessage({ progress: loaded / whole });
  };
  const nameOf = (/** @type {string} */ url) => `pyodide/${url.slice(new URL('.', import.meta.url).href.length)}`;

  /** What an import does not say in every browser: the file, and what the server says. @param {string} name */
  const importPart = async (name) => {
    const url = new URL(name, folder);
    try {
      const part = await import(url.href);
      onBytes(files[name] ?? 0);
      return part;
    } catch (error) {
      await fetchCounted(nameOf(url.href), url, () => {});
      throw error;
    }
  };

  const { loadPyodide } = await importPart('pyodide.mjs');
  const { default: createPyodideModule } = await importPart('pyodide.asm.mjs');
  // Where its wasm file does not come, Pyodide waits for ever.
  pyodide = await new Promise((resolve, reject) => {
    globalThis.fetch = async (resource, options) => {
      const url = resource instanceof Request ? resource.url : `${resource}`;
      try {
        const { headers, body } = await fetchCounted(nameOf(url), new URL(url), onBytes, options);
        return new Response(body, { headers });
      } catch (error) {
        reject(error);
        throw error;
      }
    };
    loadPyodide({ createPyodideModule }).then(resolve, reject);
  });
  pyodide.FS.writeFile('measurements.py', source);
  measurements = pyodide.pyimport('measurements');
  return JSON.parse(measurements.kinds());
}

function detach() {
  trampoline?.detach();
  trampoline = undefined;
}

/** @param {Path} [path] the engine's best if it is left out */
function attached(path) {
  detach();
  const start = performance.now();
  trampoline = attach(pyodide, path ? { path } : {});
  return { trampoline, time: performance.now() - start };
}

serve({
  open,
  /** Long enough for the clock when calls are fastest. An error if the path is refused. @param {Path} [path] */
  calibrate(path) {
    attached(path);
    measurements.calibrate();
    detach();
  },
  /** Nanoseconds of each kind. */
  measureStock() {
    detach();
    return JSON.parse(measurements.measure());
  },
  /** @param {Path} [path] */
  measureAttached(path) {
    const { trampoline, time } = attached(path);
    const samples = JSON.parse(measurements.measure());
    const resolutions = Object.values(trampoline.resolutions).reduce((sum, count) => sum + count);
    return { samples, time, resolutions, path: trampoline.path };
  },
});
