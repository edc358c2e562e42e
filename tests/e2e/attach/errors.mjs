// node errors.mjs PYODIDE-FOLDER OLD-PYODIDE-FOLDER OTHER-PYTHON: what cannot be attached to is refused, and stays as it is.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { attach } from '../../../npm/attach/index.mjs';
import { cell, ensure, ensureThrows, setPointer } from './case.mjs';

const [folder = '', old = '', other = ''] = process.argv.slice(2);
const load = async (/** @type {string} */ from) => {
  const { loadPyodide } = await import(pathToFileURL(resolve(from, 'pyodide.mjs')).href);
  return loadPyodide({ indexURL: `${resolve(from)}/` });
};

const pyodide = await load(folder);
const loading = load(folder);
const before = cell(pyodide);
/** @type {[unknown, any, RegExp][]} */
const wrong = [
  [null, {}, /no CPython/],
  [loading, {}, /no CPython.*await loadPyodide/],
  [{}, {}, /no CPython/],
  [pyodide, { paths: 'probe' }, /unknown option 'paths': there are path and adaptor/],
  [pyodide, null, /options is no object: there are path and adaptor/],
  [pyodide, new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])), /options is no object/],
  [pyodide, Promise.resolve({}), /options is no object/],
  [pyodide, { adaptor: null }, /adaptor is not .*a WebAssembly.Module/],
  [pyodide, { path: 'quick' }, /option path is 'quick': it may be wasm-gc, reflection, probe/],
  [pyodide, { adaptor: new Uint8Array(8) }, /adaptor is not .*a WebAssembly.Module/],
  [pyodide, { adaptor: new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])) }, /adaptor is not/],
  [await load(old), {}, /Pyodide 0\.26\.\d has no place for a trampoline.*from Pyodide 0\.27 on/],
];
// An interpreter of the project's own, without the pointer.
const { default: createPython } = await import(pathToFileURL(resolve(other, 'python.mjs')).href);
wrong.push([
  await createPython({ noInitialRun: true }),
  {},
  /no CPython that exports its trampoline.*libpyem_trampoline/,
]);
// Pyodide in a worker, as Comlink shows it to the page: any property of it is another such proxy.
/** @type {any} */
const remote = new Proxy(() => {}, {
  get: (_, name) => (typeof name === 'symbol' || name === 'then' ? undefined : remote),
});
wrong.push([remote, {}, /no CPython.*loadPyodide/]);
// A Module whose link forgot something.
for (const [name, message] of /** @type {const} */ ([
  ['wasmTable', /wasmTable is not exported: link with -sEXPORTED_RUNTIME_METHODS=wasmTable/],
  ['__PyRuntime', /__PyRuntime is not exported: link with -sEXPORTED_FUNCTIONS=__PyRuntime/],
])) {
  wrong.push([Object.create(pyodide._module, { [name]: { value: undefined } }), {}, message]);
}
// A 64-bit one.
const wasmTable = new WebAssembly.Table(/** @type {any} */ ({ address: 'i64', element: 'anyfunc', initial: 8n }));
wrong.push([Object.create(pyodide._module, { wasmTable: { value: wasmTable } }), {}, /LinkError.*table/]);
// What cannot hold what attach puts there.
wrong.push([Object.preventExtensions(Object.create(pyodide._module)), {}, /is frozen: attach before/]);
const frozenTable = Object.freeze(new WebAssembly.Table({ element: 'anyfunc', initial: 8 }));
wrong.push([Object.create(pyodide._module, { wasmTable: { value: frozenTable } }), {}, /is frozen: attach before/]);
for (const [target, options, message] of wrong) {
  ensureThrows(() => attach(/** @type {object} */ (target), options), message);
}
ensure(cell(pyodide).live === before.live && !Object.hasOwn(pyodide._module.wasmTable, 'set'), 'nothing was changed');
ensure(pyodide.runPython('[1].count(1)') === 1, 'Python is right');

// As under -sABORT_ON_WASM_EXCEPTIONS, where the table's own `get` returns wrappers.
const { wasmTable: ownTable } = pyodide._module;
ownTable.get = (/** @type {number} */ slot) => {
  const f = WebAssembly.Table.prototype.get.call(ownTable, slot);
  return f && (() => f());
};
attach(pyodide).detach();
delete ownTable.get;
ensure(cell(pyodide).live === before.live, 'the stock trampoline is back');

// Without a stock trampoline, as where there is no WebAssembly GC, attach needs a slot of its own.
const full = new WebAssembly.Table({ element: 'anyfunc', initial: 8, maximum: 8 });
setPointer(pyodide, 0);
ensureThrows(
  () => attach(Object.create(pyodide._module, { wasmTable: { value: full } })),
  /table cannot grow: link with -sALLOW_TABLE_GROWTH/,
);
ensure(!Object.hasOwn(full, 'set') && cell(pyodide).slot === 0, 'nothing was changed');
setPointer(pyodide, before.slot);

// The Module itself, and the module handed in where it may not be compiled.
const adaptor = new WebAssembly.Module(readFileSync(new URL('../../../npm/attach/adaptor.wasm', import.meta.url)));
ensureThrows(
  () => attach(pyodide, { adaptor, path: 'probe' }),
  /adaptor is for path wasm-gc, and path probe was forced/,
);
const { Module } = WebAssembly;
// As workerd has it once a Worker has started.
WebAssembly.Module = class extends Module {
  /** @param {BufferSource} bytes */
  constructor(bytes) {
    super(bytes);
    throw new Error('forbidden');
  }
};
ensureThrows(() => attach(pyodide), /may not compile WebAssembly at run time .*forbidden.*option adaptor/);
const trampoline = attach(pyodide._module, { adaptor });
WebAssembly.Module = Module;
ensure(trampoline.path === 'wasm-gc' && pyodide.runPython('[1].count(1)') === 1, 'it is attached');
ensure(trampoline.resolutions['wasm-gc'] > 0, 'and used');
trampoline.detach();

// As in hardened pages.
Object.freeze(WebAssembly.Table.prototype);
const hardened = attach(pyodide);
ensure(Object.hasOwn(ownTable, 'set') && pyodide.runPython('[1].count(1)') === 1, 'rewritten slots are noticed');
hardened.detach();
ensure(!Object.hasOwn(ownTable, 'set') && cell(pyodide).live === before.live, 'the stock trampoline is back');
// Node may wait for ever where it ends while it compiles.
await loading;
process.stdout.write('right: errors\n');
process.exit();
