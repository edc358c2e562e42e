// What a fresh Python costs, for every engine: milliseconds of `pool.run('1+1')`, and of its parts.

import { createPool } from '../../npm/pool/index.mjs';
import { createInstance } from '../../npm/pool/instance.mjs';
import { buildId, reseed } from '../../npm/snapshot/index.mjs';

/** @typedef {'idle' | 'busy' | 'two' | 'call' | 'set back' | 'reseed'} Case */

/**
 * The interpreter of `cargo xtask bench --part pool`.
 *
 * @typedef {object} Python
 * @property {string} glue its URL
 * @property {BufferSource} wasm
 * @property {Uint8Array} snapshot
 * @property {Record<string, Uint8Array>} files
 */

const AT_ONCE = 100;
/** As long as setting back takes, and more. */
const IDLE_MS = 12;
/** Engines compile what is called often. */
const WARM = 50;

/** @param {() => unknown} work */
async function time(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const pause = () => new Promise((resolve) => setTimeout(resolve, IDLE_MS));

/** @param {{ value?: unknown }} answer */
function check({ value }) {
  if (value !== 2) throw new Error(`1+1 is ${value}`);
}

/**
 * The calls of pools: `idle`, of one worker that waits; `busy`, of one that is setting itself back; `two`, for each of 100
 * calls at once on two workers.
 *
 * @param {Python} python
 * @param {number} rounds
 * @param {Record<Case, number[]>} times
 */
async function measurePools(python, rounds, times) {
  const [one, two] = await Promise.all([1, 2].map((size) => createPool({ ...python, size })));
  if (!one || !two) throw new Error('two pools');
  const call = async (/** @type {import('../../npm/pool/index.mjs').Pool} */ pool) => check(await pool.run('1+1'));
  const many = () => Promise.all(Array.from({ length: AT_ONCE }, () => call(two)));
  for (let warm = 0; warm < WARM; warm++) await call(one);
  await many();
  for (let round = 0; round < rounds; round++) {
    await pause();
    times.idle.push(await time(() => call(one)));
    await pause();
    await call(one);
    times.busy.push(await time(() => call(one)));
    if (round % 10 === 0) times.two.push((await time(many)) / AT_ONCE);
  }
  one.close();
  two.close();
}

/**
 * An instance by itself, without worker: the call, what sets it back, and `reseed`, which is a part of that.
 *
 * @param {Python} python
 * @param {number} rounds
 * @param {Record<Case, number[]>} times
 */
async function measureInstance({ glue, wasm, snapshot, files }, rounds, times) {
  /** @type {Record<string, any>} */
  let made = {};
  const instance = await createInstance({
    glue: async (options) => {
      made = await (await import(glue)).default(options);
      return made;
    },
    module: await WebAssembly.compile(wasm),
    build: await buildId(wasm),
    snapshot,
    files,
    options: {},
    prepare: '',
    verify: false,
  });
  const request = new TextEncoder().encode(JSON.stringify({ source: '1+1', globals: {} }));
  for (let round = -WARM; round < rounds; round++) {
    const call = await time(() => check(instance.call({ request, files: {}, memory: 2 ** 28 })));
    const back = await time(() => instance.setBack());
    const seeded = await time(() => reseed(made));
    if (round < 0) continue;
    times.call.push(call);
    times['set back'].push(back);
    times.reseed.push(seeded);
  }
}

/** @param {Python} python @param {number} rounds */
export async function measure(python, rounds) {
  /** @type {Record<Case, number[]>} */
  const times = { 'idle': [], 'busy': [], 'two': [], 'call': [], 'set back': [], 'reseed': [] };
  await measureInstance(python, rounds, times);
  await measurePools(python, rounds, times);
  return times;
}
