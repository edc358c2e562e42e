// A Pyodide as it comes from npm, for the workers beside its folder. While it is loaded the worker posts { progress },
// from 0 to 1.

import { fetchCounted } from './assets.mjs';

/**
 * @param {import('./assets.mjs').Manifest['pyodide']} stock
 * @returns {Promise<any>} what `loadPyodide` gives
 */
export async function loadStock({ version, files }) {
  /** Beside the worker's script. */
  const folder = new URL(`${version}/`, import.meta.url);
  const whole = Object.values(files).reduce((sum, bytes) => sum + bytes);
  let loaded = 0;
  const onBytes = (/** @type {number} */ bytes) => {
    loaded += bytes;
    postMessage({ progress: loaded / whole });
  };
  const nameOf = (/** @type {string} */ url) => `pyodide/${url.slice(new URL('.', import.meta.url).href.length)}`;

  /** What an import does not say in every browser: the file, and what the server says. @param {string} name */
  const importPart = async (name) => {
    const url = new URL(name, folder);
    try {
      const part = await import(url.href);
      onBytes(files[name] ?? 0);
      return part;
    } catch (error) {
      await fetchCounted(nameOf(url.href), url, () => {});
      throw error;
    }
  };

  const { loadPyodide } = await importPart('pyodide.mjs');
  const { default: createPyodideModule } = await importPart('pyodide.asm.mjs');
  // Where its wasm file does not come, Pyodide waits for ever.
  return new Promise((resolve, reject) => {
    globalThis.fetch = async (resource, options) => {
      const url = resource instanceof Request ? resource.url : `${resource}`;
      try {
        const { headers, body } = await fetchCounted(nameOf(url), new URL(url), onBytes, options);
        return new Response(body, { headers });
      } catch (error) {
        reject(error);
        throw error;
      }
    };
    loadPyodide({ createPyodideModule }).then(resolve, reject);
  });
}
