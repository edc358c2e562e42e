// What JupyterLite loads as Pyodide, whose own pyodide.mjs lies beside it as stock.mjs.

import { attach } from './pyem-trampoline/attach/index.mjs';
import { loadPyodide as load } from './stock.mjs';

export * from './stock.mjs';

/** @type {typeof load} */
export const loadPyodide = async (options) => {
  const pyodide = await load(options);
  attach(pyodide);
  return pyodide;
};
