// A worker that performs a task in a browser. It posts `right` with what was seen, or what was wrong.

addEventListener('message', async ({ data: { version, task, expected } }) => {
  try {
    postMessage('running: in the worker');
    const { browser } = await import('./browser.mjs');
    const { perform } = await import('./tasks.mjs');
    postMessage(await perform(await browser(version), task, expected));
  } catch (error) {
    postMessage(`wrong: ${error} ${Object(error).stack}`);
  }
});
