// What a browser brings, in its page or in a worker.

/** @param {string} version of Pyodide, in its short form @returns {Promise<import('./case.mjs').Host>} */
export async function browser(version) {
  const { loadPyodide } = await import(`../../../pyodide-${version}/pyodide.mjs`);
  return {
    load: (options) => loadPyodide(options),
    read: async (file) => {
      const response = await fetch(file);
      if (!response.ok) throw new Error(`${file}: ${response.status}`);
      return new Uint8Array(await response.arrayBuffer());
    },
    unhandled: new Promise((resolve) =>
      addEventListener('unhandledrejection', (event) => {
        event.preventDefault();
        resolve(event.reason);
      }),
    ),
    elsewhere: (task) => inWorker({ version, task, expected: null }, () => {}),
  };
}

/**
 * @param {{ version: string, task: string, expected: unknown }} order
 * @param {(text: string) => void} show what it says on the way
 * @returns {Promise<string>}
 */
export function inWorker(order, show) {
  const worker = new Worker('worker.mjs', { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }) => {
      show(data);
      if (data.startsWith('right: ')) resolve(data);
      if (data.startsWith('wrong: ')) reject(new Error(data));
    });
    worker.addEventListener('error', (event) => reject(new Error(event.message)));
    worker.postMessage(order);
  });
}
