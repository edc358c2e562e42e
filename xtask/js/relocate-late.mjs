// For tests: what the hook finds in a relocatable main module (MAIN_MODULE of emscripten up to 4.0.18). The
// archive's data is relocated after preRun, so the hook works at the first miss.

import fs from 'node:fs';

/** @typedef {(instance: WebAssembly.Instance, module?: WebAssembly.Module) => void} Receive */

/**
 * Options of a module whose `pyem_trampoline_abi` names neither resolver nor adaptor until the hooks have run.
 *
 * @param {Record<string, any>} options with a list of `preRun` hooks
 * @param {string} wasm the file
 * @returns {Record<string, any>}
 */
export function relocateLate(options, wasm) {
  const instantiate =
    options['instantiateWasm'] ??
    ((/** @type {WebAssembly.Imports} */ imports, /** @type {Receive} */ receive) =>
      receive(new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(wasm)), imports)));
  /** @type {() => void} */
  let relocate;
  return {
    ...options,
    /** @param {WebAssembly.Imports} imports @param {Receive} receive */
    instantiateWasm: (imports, receive) =>
      instantiate(imports, (/** @type {WebAssembly.Instance} */ instance, /** @type {WebAssembly.Module} */ module) => {
        const { memory, pyem_trampoline_abi: abi } = /** @type {Record<string, any>} */ (instance.exports);
        // Version, resolver, cache, its length, adaptor. Memory may have grown when the hooks run.
        const fields = () => new Uint32Array(memory.buffer, abi.value, 5);
        const relocated = fields().slice();
        fields().set([0], 1);
        fields().set([0], 4);
        relocate = () => fields().set(relocated);
        receive(instance, module);
      }),
    preRun: [...options['preRun'], () => relocate()],
  };
}
