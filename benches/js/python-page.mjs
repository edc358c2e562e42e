// Measures in the worker that the address names, ?worker=python-worker&…, so that the page answers its driver
// meanwhile. The title says when `found` holds what was printed.

const name = new URLSearchParams(location.search).get('worker');
const worker = new Worker(`${name}.mjs${location.search}`, { type: 'module' });

/** @param {string} title @param {string} found */
function end(title, found) {
  Object.assign(globalThis, { found });
  document.title = title;
}

worker.addEventListener('message', ({ data }) => end(data.exit === 0 ? 'done' : 'failed', data.output));
worker.addEventListener('error', (event) => end('failed', event.message ?? 'the worker did not start'));
