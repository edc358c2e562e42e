// A worker of attach.html: one cell of the table of Pyodides and browsers. It posts `right`, or what was wrong.

/** @param {string} file @returns {Promise<Response>} */
const get = async (file) => {
  const response = await fetch(file);
  if (!response.ok) throw new Error(`${file}: ${response.status}`);
  return response;
};

addEventListener('message', async ({ data: { version, expected } }) => {
  try {
    postMessage('running: in the worker');
    const { attach } = await import('../../../npm/attach/index.mjs');
    const { everyPath, install } = await import('./case.mjs');
    const { loadPyodide } = await import(`../../../pyodide-${version}/pyodide.mjs`);
    const [pyodide, sideModule, source] = await Promise.all([
      loadPyodide(),
      get('mismatched.so').then((response) => response.arrayBuffer()),
      get('test_attached.py').then((response) => response.text()),
    ]);
    postMessage(`running: Pyodide ${pyodide.version}`);
    install(pyodide, new Uint8Array(sideModule), source);
    if (expected.suspends) {
      const unhandled = new Promise((resolve) =>
        addEventListener('unhandledrejection', (event) => {
          event.preventDefault();
          resolve(event.reason);
        }),
      );
      const { suspends } = await import('./jspi.mjs');
      await suspends(pyodide, attach, expected.forced, await (await get('suspend.py')).text(), unhandled);
    } else {
      everyPath(pyodide, attach, expected);
    }
    postMessage(`right: Pyodide ${pyodide.version}`);
  } catch (error) {
    postMessage(`wrong: ${error} ${Object(error).stack}`);
  }
});
