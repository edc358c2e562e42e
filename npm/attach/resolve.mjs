// The paths by which a slot's signature is found, as in preRun.js. Licence: MIT OR Apache-2.0.

/** @typedef {'wasm-gc' | 'reflection' | 'probe'} Path */

// Codes of src/signature.rs.
const NO_FUNCTION = 0;
const UNEXPECTED = 16;

/** Type reflection, in either of its two forms. */
const HAS_REFLECTION = typeof WebAssembly.Function === 'function';

/** @param {string} message @returns {never} */
export function fail(message) {
  throw new Error(`pyem-trampoline: ${message}`);
}

/** @param {string} base64 */
function decode(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** @param {string | BufferSource} bytes as base64 or as they are @returns {WebAssembly.Module} */
export function compile(bytes) {
  try {
    // workerd replaces this literal text at build time, so it stands here as it is.
    return new WebAssembly.Module(typeof bytes === 'string' ? decode(bytes) : bytes);
  } catch (error) {
    return fail(
      `this place may not compile WebAssembly at run time (${error}): hand pyem-trampoline/adaptor.wasm in as a WebAssembly.Module, as the option adaptor`,
    );
  }
}

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

/**
 * The path to take: the forced one, or the best that there is.
 *
 * @param {{ path?: Path, adaptor?: WebAssembly.Module }} options
 * @param {string} withAdaptor the module that needs WebAssembly GC, as base64
 * @returns {Path}
 */
export function pathOf({ 'path': path, 'adaptor': adaptor }, withAdaptor) {
  if (adaptor !== undefined) checkAdaptor(adaptor, path);
  // A module that was compiled is valid.
  const hasGc = adaptor !== undefined || WebAssembly.validate(decode(withAdaptor));
  switch (path) {
    case undefined:
      if (hasGc && !wasmGcIsBroken()) return 'wasm-gc';
      return HAS_REFLECTION ? 'reflection' : 'probe';
    case 'wasm-gc':
      return hasGc ? path : fail('path wasm-gc was forced, and this engine has no WebAssembly GC');
    case 'reflection':
      return HAS_REFLECTION
        ? path
        : fail(
            'path reflection was forced, and this engine has no WebAssembly type reflection (V8: --experimental-wasm-type-reflection)',
          );
    case 'probe':
      return path;
    default:
      return fail(`option path is '${path}': it may be wasm-gc, reflection, probe`);
  }
}

/** @param {WebAssembly.Module} adaptor @param {Path | undefined} path */
function checkAdaptor(adaptor, path) {
  // By name: a module of another realm is no instance of this one's class.
  const isModule = Object.prototype.toString.call(adaptor) === '[object WebAssembly.Module]';
  const imports = isModule ? WebAssembly.Module.imports(adaptor).map((each) => each['name']) : [];
  if (`${imports}` !== 't,fail') {
    fail('option adaptor is not pyem-trampoline/adaptor.wasm, compiled: a WebAssembly.Module');
  }
  if (path !== undefined && path !== 'wasm-gc') fail(`option adaptor is for path wasm-gc, and path ${path} was forced`);
}

/**
 * A function that answers what the slot holds: a code of src/signature.rs. It never calls what is there.
 *
 * @param {WebAssembly.Table} table
 * @param {Path} path
 * @returns {(slot: number) => number}
 */
export function resolverOf(table, path) {
  // Compiled now: some places allow it only while they start.
  const probes = path === 'probe' ? [0, 1, 2, 3].map(probeModule) : [];
  return (slot) => {
    slot >>>= 0;
    // The table's own `get` returns wrappers under -sABORT_ON_WASM_EXCEPTIONS.
    const f = slot < table.length ? WebAssembly.Table.prototype.get.call(table, slot) : null;
    if (!f) return NO_FUNCTION;
    // An exported function's length is the number of its parameters:
    // https://webassembly.github.io/spec/js-api/#a-new-exported-function
    const arity = f.length;
    const probe = probes[arity];
    const callable = path === 'reflection' ? arity <= 3 && reflects(f) : probe !== undefined && links(probe, f);
    return callable ? 1 << arity : UNEXPECTED;
  };
}

/**
 * A module that imports one function of type `(i32 × arity) -> i32`. Linking it with
 * another function is a LinkError: https://webassembly.github.io/spec/js-api/#read-the-imports
 *
 * @param {number} arity
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

/** @param {WebAssembly.Module} probe @param {any} f */
function links(probe, f) {
  try {
    new WebAssembly.Instance(probe, { 'e': { 'f': f } });
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
