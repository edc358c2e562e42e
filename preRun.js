// pyem-trampoline's hook: before C runs, it puts the adaptor into the resolver's slot.
// Licence: MIT OR Apache-2.0. ARCHITECTURE.md describes the life of a call.
// This file reaches a module in two ways, maybe in both: as text behind an EM_JS function of the archive, and by
// `--pre-js preRun.js`. The first copy wins. Its state is one instance's, so it is a variable of the glue code: without
// MODULARIZE a global of the page, where a second script finds what the first left; each has its own `initRuntime`.
// Property names are quoted: Closure renames the others. Declarations have no defaults: emscripten 3.1 cannot read them.

/** @type {PyemInternals | undefined} */
var pyemTrampoline;
if (pyemTrampoline?.['glue'] !== initRuntime) pyemTrampoline = undefined;
pyemTrampoline ??= (() => {
  /** In the order of `Path` in src/signature.rs. @type {PyemPath[]} */
  const PATHS = ['wasm-gc', 'reflection', 'probe'];
  const NO_FUNCTION = 0; // With the next two: codes of src/signature.rs.
  const UNEXPECTED = 16;
  const UNCACHED = 32;
  const ABI_VERSION = 1;
  const OPTIONS = ['path', 'adaptor'];
  const SET_UP = "Module['pyemTrampolineOptions']";
  const ADD_ON_PRE_RUN = "'-sDEFAULT_LIBRARY_FUNCS_TO_INCLUDE=$addOnPreRun' (emcc 3.1.69: without MINIMAL_RUNTIME)";
  /** Type reflection, in either of its two forms. */
  const HAS_REFLECTION = typeof WebAssembly.Function === 'function';

  /** Read when the hook runs: MODULARIZE=instance gets them after this text. @type {PyemOptions | undefined} */
  let options;
  /** The fields of `pyem_trampoline_abi`, once they can be read. @type {PyemAbi | undefined} */
  let abi;
  /** @type {PyemPath | null} */
  let path = null;
  /** The adaptor's export, on the wasm-gc path. @type {((slot: number) => number) | undefined} */
  let adaptorResolve;
  /** On the probe path: the modules that import one function of arity 0 to 3. @type {WebAssembly.Module[]} */
  let probes = [];
  /** The slots that JavaScript wrote in this instance. @type {Set<number>} */
  const written = new Set();

  /** @param {string} message @returns {never} */
  function fail(message) {
    throw new Error(`pyem-trampoline: ${message}`);
  }

  /** By name: a value of another realm is no instance of this one's classes. @param {unknown} value */
  const kindOf = (value) => Object.prototype.toString.call(value).slice(8, -1);

  /** Threads share the memory, and each has a table of its own. */
  const isShared = () => kindOf(HEAPU8.buffer) === 'SharedArrayBuffer';

  /**
   * WebKit before Safari 26 breaks wasm-gc function types on iOS (python/cpython#130418). Its bug 293113 was fixed
   * in 295902@main, and Safari 26 branched off at 297297@main. An iPad may look like a Mac, in a worker entirely, so
   * Macs count as iPads. Remove when Safari 18 is out of use.
   */
  function wasmGcIsBroken() {
    const { userAgent, platform } = globalThis.navigator ?? { 'userAgent': '', 'platform': '' };
    // Apple's WebKit calls itself 605, Chromium on a Mac 537.
    if (!/iPhone|iPad|iPod|Macintosh.*AppleWebKit\/6/.test(userAgent + platform)) return false;
    // Safari 26 says that its system is iOS 18; other browsers and web views have the system's version alone.
    const version = /Version\/(\d+)/.exec(userAgent) ?? / OS (\d+)_/.exec(userAgent);
    return !(Number(version?.[1]) >= 26);
  }

  /** @param {BufferSource} bytes @returns {WebAssembly.Module} */
  function compile(bytes) {
    try {
      // workerd replaces this literal text at build time, so it stands here as it is.
      return new WebAssembly.Module(bytes);
    } catch (error) {
      return fail(
        `this place may not compile WebAssembly at run time (${error}): hand adaptor.wasm in as a WebAssembly.Module in ${SET_UP}.adaptor`,
      );
    }
  }

  /** Undefined where the engine has no WebAssembly GC: the one failure that is silent. @param {PyemAbi} abi */
  function adaptorModule(abi) {
    const given = options?.['adaptor'];
    if (kindOf(given) === 'WebAssembly.Module') return /** @type {WebAssembly.Module} */ (given);
    const own = HEAPU8.slice(abi.adaptor, abi.adaptor + abi.adaptorLength);
    if (!WebAssembly.validate(own)) return undefined;
    const bytes = /** @type {BufferSource | undefined} */ (given) ?? own;
    if (!WebAssembly.validate(bytes)) fail(`the bytes in ${SET_UP}.adaptor are not the adaptor`);
    return compile(bytes);
  }

  /** @param {PyemAbi} abi @returns {boolean} whether the adaptor is in the resolver's slot now */
  function installAdaptor(abi) {
    const module = adaptorModule(abi);
    if (module === undefined) return false;
    const imports = WebAssembly.Module.imports(module).map((each) => `${each['module']}.${each['name']}`);
    const exports = WebAssembly.Module.exports(module).map((each) => each['name']);
    if (`${imports} ${exports}` !== 'e.t resolve') fail(`the module in ${SET_UP}.adaptor is not the adaptor`);
    const instance = new WebAssembly.Instance(module, { 'e': { 't': wasmTable } });
    adaptorResolve = /** @type {(slot: number) => number} */ (instance.exports['resolve']);
    WebAssembly.Table.prototype.set.call(wasmTable, abi.resolver, adaptorResolve);
    // Emscripten's copy of the table, which its loader of side modules compares under -sASSERTIONS.
    if (typeof wasmTableMirror !== 'undefined') wasmTableMirror[abi.resolver] = adaptorResolve;
    return true;
  }

  /**
   * Modules that import one function of type `(i32 × arity) -> i32`: linking one with another function is a LinkError,
   * https://webassembly.github.io/spec/js-api/#read-the-imports. Compiled now: workerd allows it at start-up only.
   *
   * @returns {PyemPath}
   */
  function prepareProbes() {
    probes = [0, 1, 2, 3].map((arity) =>
      compile(
        // biome-ignore format: a line per section
        new Uint8Array([
          0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, // magic, version
          1, 5 + arity, 1, 0x60, arity, ...Array(arity).fill(0x7f), 1, 0x7f, // type 0: (i32 × arity) -> i32
          2, 7, 1, 1, 0x65, 1, 0x66, 0, 0, // import "e" "f": function of type 0
        ]),
      ),
    );
    return 'probe';
  }

  /** @param {PyemAbi} abi @returns {PyemPath} */
  function choosePath(abi) {
    const forced = options?.['path'];
    switch (forced) {
      case undefined:
        if (!wasmGcIsBroken() && installAdaptor(abi)) return 'wasm-gc';
        return HAS_REFLECTION ? 'reflection' : prepareProbes();
      case 'wasm-gc':
        return installAdaptor(abi) ? forced : fail('path wasm-gc was forced, and this engine has no WebAssembly GC');
      case 'reflection':
        if (HAS_REFLECTION) return forced;
        return fail(
          'path reflection was forced, and this engine has no WebAssembly type reflection (V8: --experimental-wasm-type-reflection)',
        );
      case 'probe':
        return prepareProbes();
      default:
        return fail(`${SET_UP}.path is '${forced}': it may be ${PATHS.join(', ')}`);
    }
  }

  /** Forgets what the cache has of a slot that JavaScript wrote; threads must not cache it again. @param {number} slot */
  function forget(slot) {
    written.add(slot);
    if (abi && slot < abi.cacheLength) HEAPU8[abi.cache + slot] = isShared() ? UNCACHED : NO_FUNCTION;
  }

  /**
   * addFunction and libffi's closures write slots again and again, by this table's `set` and, with a
   * value, `grow`. Element segments do not pass through them. (Assigning them fails where the prototype is frozen.)
   */
  function watchTable() {
    const { set, grow } = wasmTable;
    const own = {
      'set'(/** @type {number} */ slot, /** @type {[]} */ ...value) {
        set.call(wasmTable, slot, ...value);
        forget(Number(slot));
      },
      'grow'(/** @type {number} */ count, /** @type {[]} */ ...value) {
        const first = grow.call(wasmTable, count, ...value);
        for (let n = 0; value.length > 0 && n < count; n++) forget(first + n);
        return first;
      },
    };
    Object.defineProperties(wasmTable, Object.getOwnPropertyDescriptors(own));
  }

  /** @param {number} address of `pyem_trampoline_abi` (src/shim.c) */
  function install(address) {
    const fields = /** @type {any} */ (HEAPU32.subarray(address >>> 2));
    const [version, resolver, cache, cacheLength, adaptor, adaptorLength, resolutions] = fields;
    if (version !== ABI_VERSION) {
      fail(`preRun.js speaks ABI version ${ABI_VERSION}, the archive version ${version}: take both from one release`);
    }
    // Relocatable main modules (MAIN_MODULE of emscripten up to 4.0.18) relocate it after preRun: no adaptor is there yet.
    if (`${HEAPU8.subarray(adaptor, adaptor + 4)}` !== '0,97,115,109') return;
    if (resolution(resolver, 'wasm-gc') >> 16 > 2) fail('-sEMULATE_FUNCTION_POINTER_CASTS hides types: leave it out');
    const read = { resolver, cache, cacheLength, adaptor, adaptorLength, resolutions };
    path = choosePath(read);
    abi = read;
    written.forEach(forget);
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
    return `${type['results']}` === 'i32' && `${type['parameters']}` === `${Array(f.length).fill('i32')}`;
  }

  /**
   * The bits of a `Resolution` (src/signature.rs), found out by JavaScript. Never calls the function.
   *
   * @param {number} slot
   * @param {PyemPath} by
   */
  function resolution(slot, by) {
    // The table's own `get` returns wrappers under -sABORT_ON_WASM_EXCEPTIONS.
    const f = slot < wasmTable.length ? WebAssembly.Table.prototype.get.call(wasmTable, slot) : null;
    const bits = PATHS.indexOf(by) << 8;
    if (!f) return bits | NO_FUNCTION;
    // An exported function's length is the number of its parameters:
    // https://webassembly.github.io/spec/js-api/#a-new-exported-function
    const arity = f.length;
    const callable = arity <= 3 && (by === 'reflection' ? reflects(f) : by === 'probe' && links(f, arity));
    return bits | (callable ? 1 << arity : UNEXPECTED) | ((arity + 1) << 16);
  }

  /** Without the adaptor C would ask at each first call, while it initialises too: answer for all now. */
  function resolveWholeTable() {
    if (!abi || !path || adaptorResolve) return;
    const counts = HEAPU32.subarray(abi.resolutions >>> 2);
    const cache = HEAPU8.subarray(abi.cache, abi.cache + Math.min(wasmTable.length, abi.cacheLength));
    for (let slot = 1; slot < cache.length; slot++) {
      // A snapshot that was restored before has answered already.
      const signature = cache[slot] ? NO_FUNCTION : resolution(slot, path) & 0xff;
      if (signature === NO_FUNCTION) continue;
      cache[slot] = signature;
      /** @type {number} */ (counts[PATHS.indexOf(path)])++;
    }
  }

  Module['pyemTrampoline'] = /** @type {PyemHandle} */ ({
    get 'path'() {
      return path;
    },
    get 'resolutions'() {
      const [wasmGc, reflection, probe] = abi ? HEAPU32.subarray(abi.resolutions >>> 2) : [0, 0, 0];
      return { 'wasm-gc': wasmGc, 'reflection': reflection, 'probe': probe };
    },
    'reset'() {
      if (!abi) return;
      HEAPU32.fill(0, abi.resolutions >>> 2, (abi.resolutions >>> 2) + PATHS.length);
      const cache = HEAPU8.subarray(abi.cache, abi.cache + abi.cacheLength);
      for (const [slot, signature] of cache.entries()) if (signature !== UNCACHED) cache[slot] = NO_FUNCTION;
    },
    'forgetWritten'() {
      written.forEach(forget);
    },
  });

  const glueRuntime = initRuntime;
  const isThread =
    (typeof ENVIRONMENT_IS_PTHREAD !== 'undefined' && ENVIRONMENT_IS_PTHREAD) ||
    (typeof ENVIRONMENT_IS_WASM_WORKER !== 'undefined' && ENVIRONMENT_IS_WASM_WORKER);

  /** Before C runs: in preRun, or in place of `initRuntime` in a thread. @param {unknown[]} exports of MINIMAL_RUNTIME */
  function start(...exports) {
    if (!('validate' in WebAssembly)) fail('-sWASM=0 leaves function pointers without signatures: link without it');
    if (typeof _pyem_trampoline_abi === 'undefined') {
      fail('link libpyem_trampoline.a, with -sEXPORTED_FUNCTIONS=_main,_pyem_trampoline_abi if that is not enough');
    }
    const given = Module['pyemTrampolineOptions'] ?? {};
    const wrong = typeof given === 'object' ? Object.keys(given).find((name) => !OPTIONS.includes(name)) : given;
    if (wrong !== undefined) fail(`${SET_UP} has no option '${wrong}': it may have ${OPTIONS.join(', ')}`);
    options = given;
    watchTable();
    // By its export first: glue of emscripten 3.1 with MAIN_MODULE=1 has numbers of a link without system libraries.
    const exported = typeof wasmExports === 'undefined' ? Number.NaN : Number(wasmExports['pyem_trampoline_abi']);
    install(exported || Number(_pyem_trampoline_abi));
    if (isThread) glueRuntime(...exports);
  }

  if (isThread) initRuntime = start; // Of all links, MINIMAL_RUNTIME alone runs hooks in threads, too.
  const internals = {
    'glue': initRuntime,
    'preRun'() {
      start();
      resolveWholeTable();
    },
    /** At each miss while no adaptor stands in the resolver's slot. @param {number} slot @param {number} address */
    'resolve'(slot, address) {
      if (!options) fail(`the hook did not run before C: link with ${ADD_ON_PRE_RUN} and without --pre-js preRun.js`);
      if (!abi) install(address >>> 0);
      if (!path) fail('the data of the archive is not relocated');
      return adaptorResolve ? adaptorResolve(slot) : resolution(slot >>> 0, path);
    },
    /** For the text of an error: it has the number of parameters, which the adaptor does not report. @param {number} slot */
    'describe'(slot) {
      return resolution(slot >>> 0, path ?? 'wasm-gc');
    },
  };

  if (!isThread && typeof addOnPreRun === 'function') {
    addOnPreRun(internals['preRun']);
  } else if (!isThread) {
    Module['preRun'] = [Module['preRun'] ?? [], internals['preRun']].flat();
  }
  return internals;
})();
