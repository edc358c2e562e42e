// Python's glue code, made to do what no call of Python can. `mismatched.mark()` ends the worker, as a failure of the engine
// would; the option `deed` names what happens at the start or in `os.getuid()`.

import createPython from './python.mjs';

/** @typedef {(...given: unknown[]) => unknown} Import */

/** Ends the worker. Where a worker cannot end itself, it reports an error as a worker that fails does. */
function end() {
  if (!('WorkerGlobalScope' in globalThis)) process.exit(7);
  reportError(new Error('the end'));
  // The pool hears of it before it hears of anything else.
  for (const start = Date.now(); Date.now() < start + 300; );
}

/** @param {Record<string, any>} options of the module, and `hangs`: it does not start if the first number in it is 1 */
export default async function createDeadly({ hangs, deed, ...options }) {
  if (hangs?.[0] === 1) await new Promise(() => {});
  /** @type {Record<string, any>} */
  let python = {};
  let ends = false;
  const getuid = () => {
    const { wasmTable: table } = python;
    const last = table.length - 1;
    if (deed === 'end late') ends = true;
    if (deed === 'write a slot') table.set(last, table.get(1));
    if (deed === 'write a slot unseen') WebAssembly.Table.prototype.set.call(table, last, table.get(1));
    return 0;
  };
  /** @param {Record<string, Record<string, Import>>} imports @param {unknown} receive */
  const instantiateWasm = (imports, receive) => {
    const { env = {} } = imports;
    const { '__syscall_umask': umask } = env;
    Object.assign(env, {
      'mismatched_mark_js': end,
      '__syscall_getuid32': getuid,
      // The pool calls it, too, when it sets the instance back.
      '__syscall_umask': (/** @type {number} */ mask) => (ends ? end() : umask?.(mask)),
    });
    return options['instantiateWasm'](imports, receive);
  };
  /** @param {Record<string, any>} module */
  const preRun = (module) => {
    // As of emscripten 3.1.
    if (deed === 'have an older FS') delete module['FS'].doTruncate;
    options['preRun'](module);
  };
  python = await createPython({ ...options, instantiateWasm, preRun });
  return python;
}
