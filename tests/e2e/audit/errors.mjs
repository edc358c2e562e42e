// node errors.mjs PYODIDE-FOLDER: what cannot be audited is refused with an error that helps, and nothing is lost; Pyodide's
// own finding is fatal, and explained.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { audit, auditPackages, explain, repair } from '../../../npm/audit/index.mjs';
import { ensure } from '../attach/case.mjs';

/** @param {Promise<unknown>} promise @param {RegExp} message */
async function ensureRejects(promise, message) {
  const error = await promise.then(
    () => 'no error',
    (/** @type {unknown} */ reason) => reason,
  );
  ensure(message.test(`${error}`), `${error}, and not ${message}`);
}

/** As in docs/upstream.md. */
const CALL_SLOT = `
import sys
from js import Array
called = []
monitoring = sys.monitoring
monitoring.use_tool_id(0, 'calls')
monitoring.register_callback(0, monitoring.events.CALL, lambda code, offset, each, first: called.append(each))
array = Array.new()
monitoring.set_events(0, monitoring.events.CALL)
array.push(1)
monitoring.set_events(0, 0)
method = next(each for each in called if type(each).__name__ == 'JsMethodCallSingleton')
type(method).__call__(method, 2)
`;

const [folder = ''] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(resolve(folder, 'pyodide.mjs')).href);
const pyodide = await loadPyodide({ indexURL: `${resolve(folder)}/` });
const { _module: module } = pyodide;

for (const call of [audit, repair]) {
  await ensureRejects(call({}), /wasmTable is not exported: hand in what `await loadPyodide\(\)` returned/);
  await ensureRejects(call({ wasmTable: module.wasmTable }), /-sEXPORTED_FUNCTIONS=_main,_PyRun_SimpleString/);
}
await ensureRejects(
  audit(pyodide, /** @type {any} */ ({ module: ['operator'] })),
  /unknown option 'module': there are modules and all/,
);
for (const modules of ['operator', [1], null]) {
  await ensureRejects(audit(pyodide, /** @type {any} */ ({ modules })), /modules is no array of names/);
}
await ensureRejects(repair(pyodide, /** @type {any} */ (await audit(pyodide))), /findings is no array/);
const load = () => pyodide;
for (const given of [
  undefined,
  [null],
  [{ name: 'a' }],
  [{ name: 'a', files: { 'a.so': 'text' } }],
  [{ wheel: [1] }],
]) {
  await ensureRejects(auditPackages(load, /** @type {any} */ (given)), /packages is no array of \{ name, wheel \}/);
}
await ensureRejects(auditPackages(load, [], /** @type {any} */ ({ progres: 1 })), /unknown option 'progres'/);

// Python that says something else of itself than what lies in memory.
for (const [change, message] of /** @type {[string, RegExp][]} */ ([
  ["sys.version_info = type('Version', (), {'major': 3, 'minor': 16})", /CPython 3\.16 \(3\.11 to 3\.15 are known\)/],
  ["sys.version_info = type('Version', (), {'major': 3, 'minor': 14})", /lays its objects out in another way/],
  ['sys.getobjects = None', /a build with Py_TRACE_REFS cannot be audited/],
  ["sys.abiflags = 't'", /a free-threaded build \(Py_GIL_DISABLED\) cannot be audited/],
])) {
  pyodide.runPython(`import sys\nkept = sys.version_info, sys.abiflags\n${change}`);
  await ensureRejects(audit(pyodide), message);
  pyodide.runPython("sys.version_info, sys.abiflags = kept\nvars(sys).pop('getobjects', None)");
}
for (const error of [undefined, null, 'text', new TypeError('x')]) {
  ensure((await explain(error, pyodide)).findings.length === 0, `${error} is explained`);
}
const { findings } = await audit(pyodide);
ensure(findings.length === 2, 'it can still be audited');

let error;
try {
  pyodide.runPython(CALL_SLOT);
} catch (thrown) {
  error = thrown;
}
ensure(/signature mismatch/.test(`${error}`), `${error}`);
const { text } = await explain(error, pyodide);
ensure(text.includes('_pyodide.JsMethodCallSingleton, tp_call'), text);
process.stdout.write('right: errors\n');
