// One Pyodide on one engine that has JSPI: Python waits under each path, and cannot under the stock one in JavaScript.

import { cell, ensure } from './case.mjs';

/** @typedef {Record<string, any>} Any */

/**
 * @param {Any} pyodide with mismatched.so
 * @param {typeof import('../../../npm/attach/index.mjs')['attach']} attach
 * @param {import('../../../npm/attach/resolve.mjs').Path[]} paths
 * @param {string} source suspend.py
 * @param {Promise<unknown>} unhandled the first rejection that nobody handles: so a fatal error comes to light
 */
export async function suspends(pyodide, attach, paths, source, unhandled) {
  // What Pyodide takes where it finds no WebAssembly GC, and on every iPhone.
  const { _module: module } = pyodide;
  const offset = module.__PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET ?? module.__PyEM_EMSCRIPTEN_COUNT_ARGS_OFFSET;
  module.HEAPU32[(module.__PyRuntime + module.HEAPU32[offset >> 2]) >> 2] = 0;
  ensure(cell(pyodide).live === null, 'the stock trampoline is JavaScript');

  for (const path of paths) {
    const trampoline = attach(pyodide, { path });
    for (let turn = 0; turn < 3; turn++) {
      ensure((await pyodide.runPythonAsync(source)) === 'right', 'it ends');
    }
    ensure(trampoline.path === path && trampoline.resolutions[path] > 0, `path ${path} is live`);
    trampoline.detach();
  }
  ensure(cell(pyodide).live === null, 'the stock trampoline is JavaScript again');

  // Last, since it is fatal.
  const stock = pyodide.runPythonAsync(source).then(() => 'no error');
  const error = await Promise.race([stock, unhandled]).catch((reason) => reason);
  ensure(/suspend/i.test(`${error}`), `stock: ${error}`);
}
