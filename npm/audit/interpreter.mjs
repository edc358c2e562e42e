// An interpreter from outside, and the rules. Licence: MIT OR Apache-2.0.

/** @type {Promise<typeof import('./rules.js')> | undefined} */
let rules;

/** The rules, compiled once. */
export function loadRules() {
  rules ??= (async () => {
    const [loaded, { RULES }] = await Promise.all([import('./rules.js'), import('./wasm.mjs')]);
    const module = await WebAssembly.compile(Uint8Array.from(atob(RULES), (character) => character.charCodeAt(0)));
    loaded.initSync({ 'module': module });
    return loaded;
  })();
  return rules;
}

/** @param {any} pyodide @returns {Record<string, any>} the emscripten module */
export function moduleOf(pyodide) {
  const module = pyodide?.['_module'] ?? pyodide;
  if (!module?.['wasmTable']) {
    throw new Error(
      'pyem-trampoline: wasmTable is not exported: hand in what `await loadPyodide()` returned, or an emscripten Module of CPython linked with -sEXPORTED_RUNTIME_METHODS=wasmTable,wasmMemory,ccall,FS',
    );
  }
  return module;
}

/** Memory as it is now: it may grow. @param {Record<string, any>} module */
export function wordsOf(module) {
  const memory = module['wasmMemory'] ?? module['HEAP32'] ?? module['HEAPU8'];
  if (!memory) {
    throw new Error('pyem-trampoline: the memory is not exported: link with -sEXPORTED_RUNTIME_METHODS=wasmMemory');
  }
  return new Uint32Array(memory.buffer);
}

/**
 * Which trampoline is live.
 *
 * @param {Record<string, any>} module
 */
export function trampolineOf(module) {
  if (module['pyemTrampoline']) return 'ours';
  const reflects = typeof WebAssembly.Function === 'function';
  // Pyodide 0.26 and CPython 3.13; by other means than reflection it is exact.
  if (module['PyEM_CountArgs']) return reflects ? 'reflection' : 'adaptor';
  const offset =
    module['__PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET'] ?? module['__PyEM_EMSCRIPTEN_COUNT_ARGS_OFFSET'] ?? undefined;
  // Pyodide 0.25 and CPython 3.12.
  if (offset === undefined) return reflects ? 'reflection' : 'javascript';
  if (module['__PyRuntime'] === undefined) return 'javascript';
  const words = wordsOf(module);
  const cell = module['__PyRuntime'] + /** @type {number} */ (words[offset / 4]);
  return words[cell / 4] ? 'adaptor' : 'javascript';
}
