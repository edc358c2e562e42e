// One Pyodide on one engine that has JSPI: Python waits under each path, and cannot under the stock one in JavaScript.

import { attach } from '../../../npm/attach/index.mjs';
import { cell, ensure, install, setPointer } from './case.mjs';

/** @param {import('./case.mjs').Host} host @param {{ forced: import('./case.mjs').Path[] }} expect */
export async function suspends(host, { forced }) {
  const pyodide = await host.load();
  await install(host, pyodide);
  const source = new TextDecoder().decode(await host.read('suspend.py'));
  // What Pyodide takes where it finds no WebAssembly GC, and on every iPhone.
  setPointer(pyodide, 0);
  ensure(cell(pyodide).live === null, 'the stock trampoline is JavaScript');

  for (const path of forced) {
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
  const error = await Promise.race([stock, host.unhandled]).catch((reason) => reason);
  ensure(/suspend/i.test(`${error}`), `stock: ${error}`);
  return { pyodide: pyodide.version, jspi: 'yes' };
}
