// node startup.mjs FOLDER [ARGUMENT…]: runs Python and counts the JavaScript imports that C calls
// until `mismatched.mark()`, the program's first statement: from `__wasm_call_ctors` to beyond the
// end of `Py_Initialize`. The last lines on standard error say by how much the function table grew,
// and the counts, as JSON.

import fs from 'node:fs';
import path from 'node:path';
import { runPython } from '../../../xtask/js/run.mjs';

const MARK = 'mismatched_mark_js';

const [folder, ...args] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node startup.mjs FOLDER [ARGUMENT…]');

/** @type {Record<string, number>} */
const before = {};
/** @type {Record<string, number>} */
const after = {};
let current = before;
/** @type {WebAssembly.Table | undefined} */
let table;
/** Of the table as it was instantiated, before any hook. */
let length = 0;

/**
 * @param {WebAssembly.Imports} imports
 * @param {(instance: WebAssembly.Instance, module: WebAssembly.Module) => void} receive
 */
function instantiateWasm(imports, receive) {
  // Emscripten names one object as two modules.
  for (const space of new Set(Object.values(imports))) {
    for (const [name, value] of Object.entries(space)) {
      if (typeof value !== 'function') continue;
      space[name] = (/** @type {unknown[]} */ ...given) => {
        if (name === MARK) current = after;
        current[name] = (current[name] ?? 0) + 1;
        return value(...given);
      };
    }
  }
  const module = new WebAssembly.Module(fs.readFileSync(path.join(/** @type {string} */ (folder), 'python.wasm')));
  const instance = new WebAssembly.Instance(module, imports);
  table = /** @type {WebAssembly.Table} */ (instance.exports['__indirect_function_table']);
  length = table.length;
  receive(instance, module);
  return instance.exports;
}

await runPython(folder, args, { instantiateWasm });
process.stderr.write(`\ntable grew by ${(table?.length ?? Number.NaN) - length}`);
process.stderr.write(`\n${JSON.stringify({ before, after })}\n`);
