// pyem-trampoline's hook: before C runs, it puts the adaptor into the resolver's slot.
// Licence: MIT OR Apache-2.0. ARCHITECTURE.md tells the life of a call.
//
// This file reaches a module in two ways, and may do so in both at once: as text behind an EM_JS
// function of the archive, and by `--pre-js preRun.js`. The first copy wins. Its state belongs to
// one instance, so it is a variable of the glue code and never a global of the page.
//
// Property names are quoted: Closure renames the others.

/** @type {PyemInternals | undefined} */
// biome-ignore lint/correctness/noUnusedVariables: the EM_JS functions of src/shim.c use it
var pyemTrampoline;
pyemTrampoline ??= (() => {
  /** In the order of `Path` in src/signature.rs. @type {PyemPath[]} */
  const PATHS = ['wasm-gc', 'reflection', 'probe'];
  // Codes of src/signature.rs.
  const NO_FUNCTION = 0;
  const UNEXPECTED = 16;
  const UNCACHED = 32;
  const ABI_VERSION = 1;
  /** Type reflection, in either of its two forms. */
  const HAS_REFLECTION = typeof WebAssembly.Function === 'function';

  /** @type {PyemOptions} */
  const options = Module['pyemTrampolineOptions'] ?? {};
  /** The fields of `pyem_trampoline_abi`, once they can be read. @type {PyemAbi | undefined} */
  let abi;
  /** @type {PyemPath | null} */
  let path = null;
  /** The adaptor's export, on the wasm-gc path. @type {((slot: number) => number) | undefined} */
  let adaptorResolve;
  /** On the probe path: the modules that import one function of arity 0 to 3. @type {WebAssembly.Module[]} */
  let probes = [];

  /** @param {string} message @returns {never} */
  function fail(message) {
    throw new Error(`pyem-trampoline: ${message}`);
  }

  /** @returns {WebAssembly.Table} */
  function functionTable() {
    const table = typeof wasmTable === 'object' ? wasmTable : wasmExports['__indirect_function_table'];
    return table ?? fail('the function table is not there: link with -sEXPORTED_RUNTIME_METHODS=wasmTable');
  }

  /** @param {number} slot @returns {Function | null} */
  function functionIn(slot) {
    const table = functionTable();
    return slot < table.length ? table.get(slot) : null;
  }

  /**
   * Reads `pyem_trampoline_abi` (src/shim.c).
   *
   * Relocatable main modules (MAIN_MODULE of emscripten up to 4.0.18) relocate it after preRun: there is no answer yet.
   *
   * @param {number} address
   * @returns {PyemAbi | undefined}
   */
  function readAbi(address) {
    const field = (/** @type {number} */ n) => /** @type {number} */ (HEAPU32[(address >>> 2) + n]);
    const version = field(0);
    if (version !== ABI_VERSION) {
      fail(`preRun.js speaks ABI version ${ABI_VERSION}, the archive version ${version}: take both from one release`);
    }
    if (field(1) === 0) return undefined;
    return {
      resolver: field(1),
      cache: field(2),
      cacheLength: field(3),
      adaptor: field(4),
      adaptorLength: field(5),
      resolutions: field(6),
    };
  }

  /**
   * WebKit's garbage collector breaks wasm-gc function types on iOS from 18.3.1 on. Remove when
   * https://bugs.webkit.org/show_bug.cgi?id=293113 is fixed in every iOS release in use (python/cpython#130418).
   */
  function wasmGcIsBroken() {
    const navigator = globalThis.navigator;
    return (
      navigator !== undefined &&
      (/iPhone|iPad|iPod/.test(navigator.userAgent ?? '') ||
        // iPads that ask for desktop pages.
        (navigator.platform === 'MacIntel' && navigator.maxTouchPoints > 1))
    );
  }

  /**
   * The adaptor as a module, or undefined where the engine has no WebAssembly GC: the one
   * failure that is silent.
   *
   * @param {PyemAbi} abi
   * @returns {WebAssembly.Module | undefined}
   */
  function adaptorModule(abi) {
    const given = options['adaptor'];
    // By name: a module of another realm is no instance of this one's class.
    if (Object.prototype.toString.call(given) === '[object WebAssembly.Module]') {
      return /** @type {WebAssembly.Module} */ (given);
    }
    const own = HEAPU8.slice(abi.adaptor, abi.adaptor + abi.adaptorLength);
    if (!WebAssembly.validate(own)) return undefined;
    const bytes = /** @type {BufferSource | undefined} */ (given) ?? own;
    if (!WebAssembly.validate(bytes)) fail("the bytes in Module['pyemTrampolineOptions'].adaptor are not the adaptor");
    return compile(bytes);
  }

  /** @param {BufferSource} bytes @returns {WebAssembly.Module} */
  function compile(bytes) {
    try {
      // workerd replaces this literal text at build time, so it stands here as it is.
      return new WebAssembly.Module(bytes);
    } catch (error) {
      return fail(
        `this place may not compile WebAssembly at run time (${error}): hand adaptor.wasm in as a WebAssembly.Module in Module['pyemTrampolineOptions'].adaptor`,
      );
    }
  }

  /**
   * Puts the adaptor into the resolver's slot, and tells whether it did.
   *
   * @param {PyemAbi} abi
   * @returns {boolean}
   */
  function installAdaptor(abi) {
    const module = adaptorModule(abi);
    if (module === undefined) return false;
    const table = functionTable();
    const imports = WebAssembly.Module.imports(module).map((each) => `${each['module']}.${each['name']}`);
    const exports = WebAssembly.Module.exports(module).map((each) => each['name']);
    if (`${imports} ${exports}` !== 'e.t resolve') {
      fail("the module in Module['pyemTrampolineOptions'].adaptor is not the adaptor");
    }
    const instance = new WebAssembly.Instance(module, { 'e': { 't': table } });
    const resolve = /** @type {(slot: number) => number} */ (instance.exports['resolve']);
    table.set(abi.resolver, resolve);
    adaptorResolve = resolve;
    return true;
  }

  /** @param {PyemAbi} abi @returns {PyemPath} */
  function choosePath(abi) {
    const forced = options['path'];
    switch (forced) {
      case undefined:
        if (!wasmGcIsBroken() && installAdaptor(abi)) return 'wasm-gc';
        return HAS_REFLECTION ? 'reflection' : prepareProbes();
      case 'wasm-gc':
        return installAdaptor(abi) ? forced : fail('path wasm-gc was forced, and this engine has no WebAssembly GC');
      case 'reflection':
        return HAS_REFLECTION
          ? forced
          : fail(
              'path reflection was forced, and this engine has no WebAssembly type reflection (V8: --experimental-wasm-type-reflection)',
            );
      case 'probe':
        return prepareProbes();
      default:
        return fail(`Module['pyemTrampolineOptions'].path is '${forced}': it may be ${PATHS.join(', ')}`);
    }
  }

  /**
   * A slot that JavaScript writes may be written again, so its signature is never cached:
   * addFunction and libffi's closures recycle slots. This instance's table gets its own
   * `set`; element segments do not pass through it.
   *
   * @param {PyemAbi} abi
   */
  function markRewrittenSlots(abi) {
    const table = functionTable();
    const set = table.set;
    table.set = /** @type {typeof set} */ (
      (slot, ...value) => {
        set.call(table, slot, ...value);
        if (slot < abi.cacheLength) HEAPU8[abi.cache + Number(slot)] = UNCACHED;
      }
    );
  }

  /**
   * Without the adaptor C would ask at each first call, while it initialises too: answer for all now.
   *
   * @param {PyemAbi} abi
   * @param {PyemPath} by
   */
  function resolveWholeTable(abi, by) {
    const end = Math.min(functionTable().length, abi.cacheLength);
    for (let slot = 1; slot < end; slot++) {
      // A snapshot that was restored before has answered already.
      const signature = HEAPU8[abi.cache + slot] ? NO_FUNCTION : resolution(slot, by) & 0xff;
      if (signature === NO_FUNCTION) continue;
      HEAPU8[abi.cache + slot] = signature;
      /** @type {number} */ (HEAPU32[(abi.resolutions >>> 2) + PATHS.indexOf(by)])++;
    }
  }

  /**
   * @param {number} address of `pyem_trampoline_abi`
   * @returns {boolean} false while it cannot be read
   */
  function install(address) {
    const read = readAbi(address);
    if (read === undefined) return false;
    path = choosePath(read);
    markRewrittenSlots(read);
    abi = read;
    return true;
  }

  /**
   * A module that imports one function of type `(i32 × arity) -> i32`. Linking it with
   * another function is a LinkError: https://webassembly.github.io/spec/js-api/#read-the-imports
   *
   * @param {number} arity
   * @returns {WebAssembly.Module}
   */
  function probeModule(arity) {
    // biome-ignore format: a line per section
    const bytes = new Uint8Array([
            0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, // magic, version
            1, 5 + arity, 1, 0x60, arity, ...Array(arity).fill(0x7f), 1, 0x7f, // type 0: (i32 × arity) -> i32
            2, 7, 1, 1, 0x65, 1, 0x66, 0, 0, // import "e" "f": function of type 0
          ]);
    return compile(bytes);
  }

  /** Compiles now what may not be compiled later: workerd allows it during start-up only. @returns {PyemPath} */
  function prepareProbes() {
    probes = [0, 1, 2, 3].map(probeModule);
    return 'probe';
  }

  /** @param {any} f @param {number} arity */
  function links(f, arity) {
    try {
      new WebAssembly.Instance(/** @type {WebAssembly.Module} */ (probes[arity]), { 'e': { 'f': f } });
      return true;
    } catch (error) {
      if (error instanceof WebAssembly.LinkError) return false;
      throw error;
    }
  }

  /** @param {Function} f @returns {boolean} whether its type is `(i32 × length) -> i32` */
  function reflects(f) {
    // V8 11 has a static method, later ones the proposal's method.
    const type = 'type' in f ? /** @type {any} */ (f)['type']() : WebAssembly.Function['type'](f);
    const parameters = /** @type {string[]} */ (type['parameters']);
    return `${type['results']}` === 'i32' && `${parameters}` === `${Array(f.length).fill('i32')}`;
  }

  /**
   * The bits of a `Resolution` (src/signature.rs), found out by JavaScript. Never calls
   * the function.
   *
   * @param {number} slot
   * @param {PyemPath} by
   */
  function resolution(slot, by) {
    const f = functionIn(slot);
    const bits = PATHS.indexOf(by) << 8;
    if (!f) return bits | NO_FUNCTION;
    // An exported function's length is the number of its parameters:
    // https://webassembly.github.io/spec/js-api/#a-new-exported-function
    const arity = f.length;
    const callable = arity <= 3 && (by === 'reflection' ? reflects(f) : links(f, arity));
    return bits | (callable ? 1 << arity : UNEXPECTED) | ((arity + 1) << 16);
  }

  // Module['pyemTrampoline'], for embedders and tests.
  Module['pyemTrampoline'] = /** @type {PyemHandle} */ ({
    get 'path'() {
      return path;
    },
    get 'resolutions'() {
      const start = abi ? abi.resolutions >>> 2 : 0;
      const count = (/** @type {number} */ n) => (abi ? HEAPU32[start + n] : 0);
      return { 'wasm-gc': count(0), 'reflection': count(1), 'probe': count(2) };
    },
    'reset'() {
      if (!abi) return;
      HEAPU32.fill(0, abi.resolutions >>> 2, (abi.resolutions >>> 2) + PATHS.length);
      const cache = HEAPU8.subarray(abi.cache, abi.cache + abi.cacheLength);
      cache.forEach((signature, slot) => {
        if (signature !== UNCACHED) cache[slot] = 0;
      });
    },
  });

  const internals = {
    /** The hook itself. */
    'preRun'() {
      if (options['install'] === 'first-miss') return;
      if (typeof _pyem_trampoline_abi === 'undefined') {
        fail(
          'the archive is not in this link, or its data is not exported: add libpyem_trampoline.a and -sEXPORTED_FUNCTIONS=_main,_pyem_trampoline_abi',
        );
      }
      install(Number(_pyem_trampoline_abi));
      if (abi && path && !adaptorResolve) resolveWholeTable(abi, path);
    },
    /**
     * For `pyem_resolve_fallback`: at each miss while no adaptor stands in its slot.
     *
     * @param {number} slot
     * @param {number} address
     */
    'resolve'(slot, address) {
      slot >>>= 0;
      if (!abi && !install(address >>> 0)) fail('the data of the archive is not relocated');
      if (adaptorResolve) return adaptorResolve(slot);
      return resolution(slot, /** @type {PyemPath} */ (path));
    },
    /**
     * The bits of a `Resolution` for the text of an error: the live path, and the number of
     * parameters, which the adaptor cannot tell.
     *
     * @param {number} slot
     */
    'describe'(slot) {
      slot >>>= 0;
      const f = functionIn(slot);
      const bits = PATHS.indexOf(path ?? 'probe') << 8;
      return f ? bits | UNEXPECTED | ((f.length + 1) << 16) : bits | NO_FUNCTION;
    },
  };

  if (typeof addOnPreRun === 'function') {
    addOnPreRun(internals['preRun']);
  } else {
    const hooks = Module['preRun'] ?? [];
    Module['preRun'] = [...(typeof hooks === 'function' ? [hooks] : hooks), internals['preRun']];
  }
  return internals;
})();
