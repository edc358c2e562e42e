// One Pyodide on one engine: each path, what it asserts, and stock behaviour in between. It runs in any engine.

import { attach } from '../../../npm/attach/index.mjs';

/** @typedef {import('../../../npm/attach/resolve.mjs').Path} Path */
/** @typedef {ReturnType<typeof attach>} Trampoline */
/** @typedef {Record<string, any>} Any */

/** @type {Path[]} */
const PATHS = ['wasm-gc', 'reflection', 'probe'];
/** How many tests test_attached.py has. */
const TESTS = 14;
const CALLS = 1000;
/** Slots from here on have no byte in the cache, so that each call of theirs is counted. */
const BEYOND_THE_CACHE = 0x1_0000;

/**
 * @param {boolean} right
 * @param {string} what
 * @returns {asserts right}
 */
export function ensure(right, what) {
  if (!right) throw new Error(what);
}

/** @param {() => unknown} call @param {RegExp} message */
export function ensureThrows(call, message) {
  try {
    call();
  } catch (error) {
    ensure(message.test(`${error}`), `${error}, and not ${message}`);
    return;
  }
  throw new Error(`no error, and not ${message}`);
}

/**
 * What an engine brings.
 *
 * @typedef {object} Host
 * @property {(options?: object) => Promise<Any>} load a Pyodide
 * @property {(file: string) => Promise<Uint8Array>} read a file of this folder, or mismatched.c, compiled
 * @property {Promise<unknown>} unhandled the first rejection that nobody handles: so a fatal error comes to light
 * @property {(task: string) => Promise<unknown>} elsewhere performs a task in another thread
 */

/** Puts mismatched.so and test_attached.py there. @param {Host} host @param {Any} pyodide */
export async function install({ read }, pyodide) {
  const folder = '/attached';
  pyodide.FS.mkdirTree(folder);
  for (const file of ['mismatched.so', 'test_attached.py']) pyodide.FS.writeFile(`${folder}/${file}`, await read(file));
  pyodide.runPython(`import sys; sys.path.append("${folder}"); sys.dont_write_bytecode = True`);
}

/** Where Pyodide keeps its trampoline, found without help of what is tested. @param {Any} pyodide */
function pointerIndex({ _module: module }) {
  const offset = module.__PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET ?? module.__PyEM_EMSCRIPTEN_COUNT_ARGS_OFFSET;
  return (module.__PyRuntime + module.HEAPU32[offset >> 2]) >> 2;
}

/** @param {Any} pyodide */
export function cell(pyodide) {
  const { _module: module } = pyodide;
  const slot = module.HEAPU32[pointerIndex(pyodide)];
  return { slot, live: slot ? module.wasmTable.get(slot) : null };
}

/** With 0, Pyodide takes what it takes where there is no WebAssembly GC. @param {Any} pyodide @param {number} slot */
export function setPointer(pyodide, slot) {
  pyodide._module.HEAPU32[pointerIndex(pyodide)] = slot;
}

/**
 * @param {Host} host
 * @param {{ default: Path, forced: Path[], jspi: boolean }} expect
 */
export async function everyPath(host, expect) {
  const pyodide = await host.load();
  await install(host, pyodide);
  ensure('Suspending' in WebAssembly === expect.jspi, `JSPI: ${!expect.jspi}`);
  const tests = pyodide.pyimport('test_attached');
  const stock = { text: tests.stock(), ...cell(pyodide), set: pyodide._module.wasmTable.set };
  const checkStock = () => {
    const now = { text: tests.stock(), ...cell(pyodide), set: pyodide._module.wasmTable.set };
    for (const key of /** @type {(keyof typeof stock)[]} */ (Object.keys(stock))) {
      ensure(now[key] === stock[key], `after detach ${key} is\n${now[key]}\nand was\n${stock[key]}`);
    }
  };

  const first = attach(pyodide);
  ensure(first.path === expect.default, `the default path is ${first.path}`);
  const byDefault = first.path;
  first.detach();
  ensure(first.path === null, 'detached');
  checkStock();

  const forced = [];
  for (const path of PATHS) {
    if (!expect.forced.includes(path)) {
      ensureThrows(() => attach(pyodide, { path }), new RegExp(`path ${path} was forced, and this engine has no`));
      checkStock();
      continue;
    }
    const trampoline = attach(pyodide, { path });
    ensure(trampoline.path === path, `path ${trampoline.path}, and not ${path}`);
    ensure(cell(pyodide).live !== stock.live, 'CPython has another trampoline');
    ensureThrows(() => attach(pyodide, { path }), /attached already/);
    const [report, ran] = tests.run().toJs();
    ensure(ran === TESTS, `${path}: ${ran} tests\n${report}`);
    checkCounts(pyodide, trampoline, path);
    checkRewritten(pyodide);
    const { [path]: count, ...others } = trampoline.resolutions;
    ensure(count > 0 && Object.values(others).every((other) => other === 0), 'only the live path resolves');
    ensure(trampoline.path === path, 'it is still live');
    trampoline.detach();
    trampoline.detach();
    checkStock();
    forced.push(path);
  }
  return { pyodide: pyodide.version, path: byDefault, forced };
}

/**
 * Every call passes through the attached trampoline.
 *
 * @param {Any} pyodide
 * @param {Trampoline} trampoline
 * @param {Path} path
 */
function checkCounts(pyodide, trampoline, path) {
  const table = pyodide._module.wasmTable;
  const beyond = Math.max(BEYOND_THE_CACHE, table.length);
  table.grow(beyond + 1 - table.length);
  const { slot_of, function_at, noargs0, FLAGS } = pyodide.pyimport('mismatched');
  table.set(beyond, table.get(slot_of(noargs0)));
  const calls = pyodide.runPython('lambda function, count: [function() for _ in range(count)][-1]');
  const count = (/** @type {Any} */ function_) => {
    const before = trampoline.resolutions[path];
    const result = calls(function_, CALLS);
    ensure(result.length === 0, 'an empty tuple');
    return trampoline.resolutions[path] - before;
  };
  const counted = count(function_at(beyond, FLAGS.get('noargs')));
  ensure(counted >= CALLS && counted < CALLS + 10, `${counted} of ${CALLS} calls`);
  count(noargs0);
  const again = count(noargs0);
  ensure(again === 0, `a known slot is resolved ${again} times`);
}

/** Slots that JavaScript writes between calls. @param {Any} pyodide */
function checkRewritten(pyodide) {
  const table = pyodide._module.wasmTable;
  const slot = table.grow(1);
  // A low slot that is free: the cache has a byte for it.
  const low = [...Array(BEYOND_THE_CACHE).keys()].findLast((free) => free > 1 && table.get(free) === null);
  const mismatched = pyodide.pyimport('mismatched');
  const outcome = pyodide.runPython(`
def outcome(function):
    try:
        return len(function(1))
    except SystemError:
        return -1
outcome`);
  const names = ['o0', 'o1', 'o2', 'o3', 'four_o'];
  let seed = 11;
  for (const at of [slot, low]) {
    const function_ = mismatched.function_at(at, mismatched.FLAGS.get('o'));
    for (let turn = 0; turn < 100; turn++) {
      seed = (seed * 48271) % 0x7fffffff;
      const arity = seed % 6;
      // The sixth is an empty slot.
      const name = names[arity];
      table.set(at, name === undefined ? null : table.get(mismatched.slot_of(mismatched[name])));
      for (let again = 0; again < 2; again++) {
        const got = outcome(function_);
        ensure(got === (arity < 4 ? arity : -1), `slot ${at} with ${name}: ${got}`);
      }
    }
    table.set(at, null);
  }
}
