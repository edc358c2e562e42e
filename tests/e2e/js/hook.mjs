// node hook.mjs FOLDER CASE [PATH [late]]: one of the cases below with hook_host.c, linked with MODULARIZE and
// EXPORT_ES6. Prints JSON.
//
// PATH is forced, unless it is `default`. `late`: the archive's data is relocated after the hook, as in relocatable
// main modules.

import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { relocateLate } from '../../../xtask/js/relocate-late.mjs';

/** @typedef {Record<string, any>} Host */

const [folder = '', name = '', forced = 'default', late] = process.argv.slice(2);
const { default: create } = await import(pathToFileURL(path.join(folder, 'host.mjs')).href);

/** @param {Record<string, unknown>} [options] of the hook @param {(host: Host) => void} [preRun] @returns {Promise<Host>} */
function start(options = forced === 'default' ? {} : { path: forced }, preRun = () => {}) {
  const all = { pyemTrampolineOptions: options, preRun: [preRun] };
  return create(late ? relocateLate(all, path.join(folder, 'host.wasm')) : all);
}

/** Adds a function that returns `value`, and fails if it gets other arguments. @param {Host} host */
function add(host, /** @type {number} */ arity, /** @type {number} */ value, type = 'i') {
  const f = (/** @type {number[]} */ ...got) => {
    if (`${got}` !== `${[1, 2, 3].slice(0, arity)}`) throw new Error(`arity ${arity} got ${got}`);
    return value;
  };
  return host['addFunction'](f, type + 'i'.repeat(arity));
}

/** @param {Host} host @param {number} slot @returns {number} what the function returns, or -1 if it was not called */
const call = (host, slot) => host['_host_call'](slot, 1, 2, 3);

/** @param {Host} host */
const asked = (host) =>
  Object.values(/** @type {Record<string, number>} */ (host['pyemTrampoline']['resolutions'])).reduce((a, b) => a + b);

/** @param {() => unknown} attempt */
function outcome(attempt) {
  try {
    return attempt();
  } catch (error) {
    return Object(error).name;
  }
}

/** Numbers below `end`, the same in each run. */
function random() {
  let state = 0x9e3779b9;
  return (/** @type {number} */ end) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % end;
  };
}

/** @type {Record<string, () => Promise<unknown>>} */
const cases = {
  /** Slots are written in every way that JavaScript has, at random; each call must be right, and ask once. */
  async rewriting() {
    const host = await start();
    const { wasmTable } = host;
    const below = random();
    /** What a call of each slot must return. @type {Map<number, number>} */
    const expected = new Map();
    /** Slots that addFunction may recycle. @type {number[]} */
    const own = [];
    /** Functions as the table holds them. @type {{ f: Function | null, result: number }[]} */
    const made = [{ f: null, result: -1 }];
    for (const arity of [0, 1, 2, 3, 4]) {
      for (const type of ['i', 'v', 'j', 'd']) {
        const slot = add(host, arity, made.length, type);
        made.push({ f: wasmTable.get(slot), result: type === 'i' && arity < 4 ? made.length : -1 });
        host['removeFunction'](slot);
      }
    }
    const any = () => /** @type {{ f: Function | null, result: number }} */ (made[below(made.length)]);
    const ways = [
      (/** @type {number} */ round) => {
        const arity = below(6);
        const type = below(3) > 0 ? 'i' : 'v';
        const slot = add(host, arity, round, type);
        own.push(slot);
        expected.set(slot, type === 'i' && arity < 4 ? round : -1);
      },
      () => {
        const slot = own.splice(below(own.length), 1)[0] ?? 0;
        if (slot) host['removeFunction'](slot);
        expected.set(slot, -1);
      },
      () => {
        const slots = [...expected.keys()].filter((slot) => slot && !own.includes(slot));
        const { f, result } = any();
        const slot = slots[below(slots.length)];
        if (slot === undefined) return;
        wasmTable.set(slot, f);
        expected.set(slot, result);
      },
      () => {
        if (wasmTable.length > 200) return;
        const { f, result } = any();
        const first = wasmTable.grow(2, f);
        for (const slot of [first, first + 1]) expected.set(slot, result);
      },
      () => {
        if (below(20) === 0) host['pyemTrampoline'][below(2) ? 'reset' : 'forgetWritten']();
      },
    ];
    let second = 0;
    let again = 0;
    for (let round = 0; round < 5000; round++) {
      ways[below(ways.length)]?.(round);
      const slots = [...expected.keys()];
      for (let n = 0; n < Math.min(4, slots.length); n++) {
        const slot = slots[below(slots.length)] ?? 0;
        const want = expected.get(slot);
        for (const time of [0, 1]) {
          const before = asked(host);
          const got = call(host, slot);
          if (got !== want) throw new Error(`round ${round}, slot ${slot}: ${got}, not ${want}`);
          // An empty slot is asked for each time.
          if (time === 0 || !wasmTable.get(slot)) continue;
          second++;
          again += asked(host) - before;
        }
      }
    }
    return { path: host['pyemTrampoline']['path'], slots: expected.size, second, again };
  },

  /** The same in a page that lets no script change what the engine brings. */
  hardened() {
    Object.freeze(WebAssembly.Table.prototype);
    return /** @type {Promise<unknown>} */ (cases['rewriting']?.());
  },

  /** Memory is copied to instances that hold other functions in the slots that JavaScript wrote. */
  async copies() {
    /** @param {number} arity @param {number} value */
    const withFunction = async (arity, value) => {
      let slot = 0;
      const host = await start(undefined, (host) => {
        slot = add(host, arity, value);
      });
      return { host, slot };
    };
    const { host: first, slot } = await withFunction(2, 7);
    const bytes = () => new Uint8Array(first['wasmMemory'].buffer).slice();
    const values = [call(first, slot), call(first, slot)];
    const careless = bytes();
    first['pyemTrampoline']['reset']();
    values.push(call(first, slot));
    first['pyemTrampoline']['forgetWritten']();
    const careful = bytes();
    values.push(call(first, slot));
    /** @param {Uint8Array} copy @param {(host: Host) => void} [after] */
    const restored = async (copy, after = () => {}) => {
      const { host, slot } = await withFunction(1, 8);
      new Uint8Array(host['wasmMemory'].buffer).set(copy);
      after(host);
      return outcome(() => [call(host, slot), call(host, slot)]);
    };
    const empty = await start(undefined, ({ wasmTable }) => wasmTable.grow(1));
    new Uint8Array(empty['wasmMemory'].buffer).set(careful);
    return {
      path: first['pyemTrampoline']['path'],
      values,
      copied: await restored(careful),
      empty: call(empty, slot),
      reset: await restored(careless, (host) => host['pyemTrampoline']['reset']()),
      careless: await restored(careless),
    };
  },

  /** Each instance has a table, a path and slots of its own. */
  async instances() {
    const hosts = await Promise.all([start({ path: 'probe' }), start(), start({ path: 'probe' })]);
    const slots = hosts.map((host, n) => add(host, n, n + 10));
    const calls = () => hosts.map((host, n) => call(host, slots[n] ?? 0));
    const once = [...calls(), ...calls()];
    hosts[0]?.['removeFunction'](slots[0]);
    return {
      paths: hosts.map((host) => host['pyemTrampoline']['path']),
      same: new Set(slots).size === 1,
      calls: [...once, ...calls()],
    };
  },

  /** What the hook finds in the table it need not be asked for, to the last slot; until it is reset. */
  async table() {
    const host = await start();
    const { length } = host['wasmTable'];
    const signatures = () => Array.from({ length: length - 1 }, (_, n) => host['_host_signature'](n + 1));
    const before = asked(host);
    const known = signatures();
    const later = asked(host);
    host['pyemTrampoline']['reset']();
    const forgotten = asked(host);
    const same = `${signatures()}` === `${known}`;
    return { path: host['pyemTrampoline']['path'], length, before, later, forgotten, again: asked(host), same };
  },

  /** Out of memory (which no engine can be brought to without harm, so the error is made here) a probe says nothing. */
  async failing() {
    const host = await start();
    const slot = add(host, 2, 7);
    const { Instance } = WebAssembly;
    WebAssembly.Instance = /** @type {any} */ (
      class {
        constructor() {
          throw new RangeError('out of memory');
        }
      }
    );
    const thrown = outcome(() => call(host, slot));
    WebAssembly.Instance = Instance;
    return { path: host['pyemTrampoline']['path'], thrown, later: call(host, slot) };
  },

  /** Errors of wrong options. */
  async options() {
    const wrong = [{ pth: 'probe' }, { path: 'probes' }, { install: 'first-miss' }, { adaptors: 1 }, 'probe', 5];
    const tries = wrong.map((options) =>
      start(/** @type {any} */ (options)).then(
        () => 'none',
        (error) => error.message,
      ),
    );
    return Promise.all(tries);
  },

  /** One start, however this host is linked. */
  async start() {
    try {
      const host = await start();
      const results = [0, 1, 2, 3, 4].map((n) => call(host, host['_host_function'](n)));
      const slot = add(host, 2, 7);
      results.push(call(host, slot), call(host, slot));
      return { path: host['pyemTrampoline']['path'], early: host['_host_early'](), results };
    } catch (error) {
      return { error: Object(error).message };
    }
  },
};

process.stdout.write(JSON.stringify(await cases[name]?.()));
