// Starts the bundle of `examples/pyodide/browser.mjs` in a worker, too, and shows what it reports.

const worker = new Worker(new URL('bundle.mjs', import.meta.url), { type: 'module' });
const shown = document.querySelector('#worker');
worker.addEventListener('message', ({ data }) => shown?.append(`worker: ${data}`));
worker.addEventListener('error', ({ message }) => shown?.append(`worker failed: ${message}`));
