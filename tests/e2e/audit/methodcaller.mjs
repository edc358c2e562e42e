// CPython 3.13 to 3.15 have a mismatched function of their own: the garbage collector calls operator.methodcaller's
// tp_clear, which returns nothing. Mended it passes; as it comes it is fatal, and explained.

import { ensure } from '../attach/case.mjs';

/** @typedef {typeof import('../../../npm/audit/index.mjs')} Door */
/** @typedef {Record<string, any>} Any */

const GARBAGE = `
import gc, operator
for _ in range(1000):
    d = {}
    m = operator.methodcaller('x', d)
    d['m'] = m
    # It comes after the method caller and keeps it until that is cleared.
    later = [m]
    later.append(later)
    del d, m, later
gc.collect()
`;

/**
 * @param {() => Promise<Any>} load a fresh Pyodide
 * @param {Door} door
 */
export async function methodcaller(load, { audit, explain, repair }) {
  const pyodide = await load();
  const [major, minor] = pyodide.runPython('import sys; (sys.version_info[0], sys.version_info[1])');
  const wrong = major === 3 && minor >= 13;
  pyodide.runPython('import operator');
  const names = async () =>
    (await audit(pyodide)).findings.map(({ module, name, slot }) => `${module}.${name} ${slot}`);
  const mine = ['operator.methodcaller tp_clear'].filter(() => wrong);
  const pyodides = ['_pyodide.JsMethodCallSingleton tp_call'].filter(() => minor >= 12);
  ensure(`${await names()}` === `${[...pyodides, ...mine]}`, `found: ${await names()}`);
  const { mended, left, undo } = await repair(pyodide);
  ensure(
    mended.length === mine.length && left.length === pyodides.length,
    `${mended.length} mended, ${left.length} left`,
  );
  pyodide.runPython(GARBAGE);
  ensure(`${await names()}` === `${pyodides}`, `after the repair: ${await names()}`);
  undo();
  undo();
  ensure((await names()).length === pyodides.length + mine.length, 'undone');
  const again = await repair(pyodide);
  ensure(again.mended.length === mine.length, 'mended once more');
  pyodide.runPython(GARBAGE);
  if (!wrong) return;

  const stock = await load();
  stock.runPython('import operator');
  let error;
  try {
    stock.runPython(GARBAGE);
  } catch (thrown) {
    error = thrown;
  }
  ensure(error !== undefined, 'it is fatal without the repair');
  const { findings, text } = await explain(error, stock);
  const found = findings.map(({ module, name }) => `${module}.${name}`);
  ensure(found.includes('operator.methodcaller'), `explained by ${found}`);
  ensure(text.includes('operator.methodcaller, tp_clear: declare it int f(PyObject *self)'), text);
  again.undo();
  await explainsByStack(pyodide, explain);
  const other = await explain(new Error('something else'), pyodide);
  ensure(other.findings.length === 0 && /no call through a pointer/.test(other.text), other.text);
}

/**
 * Stacks of builds that have names, as each engine writes them.
 *
 * @param {Any} pyodide in which methodcaller is wrong
 * @param {Door['explain']} explain
 */
async function explainsByStack(pyodide, explain) {
  for (const [message, frame] of [
    [
      'null function or function signature mismatch',
      '    at python.wasm.delete_garbage (wasm://wasm/python.wasm-0123:wasm-function[7]:0x12)',
    ],
    ['indirect call signature mismatch', 'delete_garbage@http://localhost/python.wasm:wasm-function[7]:0x12'],
    ['call_indirect to a signature that does not match', 'python.wasm-function[delete_garbage]@[wasm code]'],
  ]) {
    const { text } = await explain({ message, stack: frame }, pyodide);
    ensure(/Most likely, by the stack:\n {2}operator.methodcaller, tp_clear/.test(text), text);
    ensure(/Also wrong:\n {2}_pyodide.JsMethodCallSingleton, tp_call/.test(text), text);
  }
}
