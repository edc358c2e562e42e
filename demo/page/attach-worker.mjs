// The worker of the view "Attach": a Pyodide as it comes from npm, stock and attached in turn.

import { attach } from './attach/index.mjs';
import source from './attach.py';
import { serve } from './calls.mjs';
import { loadStock } from './pyodide-loader.mjs';

/** @typedef {import('./attach/index.mjs').Trampoline} Trampoline */
/** @typedef {import('./attach/resolve.mjs').Path} Path */

/** @type {any} */
let pyodide;
/** attach.py @type {{ kinds(): string, calibrate(): void, measure(): string }} */
let measurements;
/** @type {Trampoline | undefined} */
let trampoline;

/** @param {import('./assets.mjs').Manifest['pyodide']} stock */
async function open(stock) {
  pyodide = await loadStock(stock);
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
