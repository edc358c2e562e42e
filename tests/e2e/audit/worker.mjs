// A worker of the page: methodcaller.mjs in a browser. It posts `right`, or what was wrong.

addEventListener('message', async ({ data: { version } }) => {
  try {
    postMessage('running: in the worker');
    const door = await import('../../../npm/audit/index.mjs');
    const { methodcaller } = await import('./methodcaller.mjs');
    const { loadPyodide } = await import(`../../../pyodide-${version}/pyodide.mjs`);
    await methodcaller(loadPyodide, door);
    postMessage(`right: Pyodide ${version}`);
  } catch (error) {
    postMessage(`wrong: ${error} ${Object(error).stack}`);
  }
});
