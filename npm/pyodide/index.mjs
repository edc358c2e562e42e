// Pyodide with the trampoline attached, in place of the package `pyodide`. Licence: MIT OR Apache-2.0.

import { loadPyodide as load } from 'pyodide';
import { attach } from '../attach/index.mjs';

export * from 'pyodide';

/**
 * As Pyodide's, with the same options. What `attach` returned is in `_module.pyemTrampoline` of its result. Rejects with the
 * `Error` of `attach` where that does not fit.
 *
 * @type {typeof load}
 */
export const loadPyodide = async (options) => {
  const pyodide = await load(options);
  attach(pyodide);
  return pyodide;
};
