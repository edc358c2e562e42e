// Python's glue code, with a function that ends the worker as a failure of the engine would: `mismatched.mark()`.

import createPython from './python.mjs';

/** @param {Record<string, any>} options */
export default function createDeadly(options) {
  /** @param {Record<string, Record<string, unknown>>} imports @param {unknown} receive */
  const instantiateWasm = (imports, receive) => {
    Object.assign(imports['env'] ?? {}, { 'mismatched_mark_js': () => process.exit(7) });
    return options['instantiateWasm'](imports, receive);
  };
  return createPython({ ...options, instantiateWasm });
}
