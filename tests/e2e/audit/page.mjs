// Starts worker.mjs with what the address says, ?{"version":…}, and shows what it posts.

const output = /** @type {HTMLElement} */ (document.getElementById('output'));
const worker = new Worker('worker.mjs', { type: 'module' });
worker.addEventListener('message', ({ data }) => {
  output.textContent = data;
});
worker.addEventListener('error', (event) => {
  output.textContent = `wrong: ${event.message}`;
});
worker.postMessage(JSON.parse(decodeURIComponent(location.search.slice(1))));
