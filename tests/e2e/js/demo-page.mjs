// Collects what demo-worker.mjs posts. The page's title says when it has all.

/** @type {string[]} */
const output = [];
const worker = new Worker('demo-worker.mjs', { type: 'module' });
worker.addEventListener('message', ({ data }) => {
  if (data.output) output.push(...data.output.flat());
  else {
    document.body.textContent = JSON.stringify({ output, ...data.report });
    document.title = 'done';
  }
});
worker.addEventListener('error', ({ message }) => {
  document.body.textContent = message;
  document.title = 'failed';
});
