// The page around dispatch-worker.mjs: ?SIZE as JSON. The title says when `measured` holds the answer.

const worker = new Worker('dispatch-worker.mjs', { type: 'module' });
const end = (/** @type {object} */ answer) => {
  Object.assign(globalThis, answer);
  document.title = Object.keys(answer)[0] ?? 'nothing';
};
worker.addEventListener('message', ({ data }) => end(data));
worker.addEventListener('error', ({ message }) => end({ error: `the worker failed: ${message}` }));
worker.postMessage(JSON.parse(decodeURIComponent(location.search.slice(1))));
