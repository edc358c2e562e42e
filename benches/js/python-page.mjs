// Measures one interpreter in a worker, so that the page answers its driver meanwhile. The title says
// when `found` holds what was printed.

const worker = new Worker(`python-worker.mjs${location.search}`, { type: 'module' });

/** @param {string} title @param {string} found */
function end(title, found) {
  Object.assign(globalThis, { found });
  document.title = title;
}

worker.addEventListener('message', ({ data }) => end(data.exit === 0 ? 'done' : 'failed', data.output));
worker.addEventListener('error', (event) => end('failed', event.message ?? 'the worker did not start'));
