// The view "Start-up": how long Python takes to its first answer, cold, from a snapshot, and in an instance that is set back.

import { drawBars } from './charts.mjs';
import { Python } from './client.mjs';
import { element, engineName, fillTable, onPress, summary } from './page.mjs';

/** @typedef {import('./worker.mjs').Assets} Assets */
/** @typedef {import('./pool/index.mjs').Pool} Pool */

const ROUNDS = 5;
/** True if nothing is left of another call. */
const IS_FRESH = 'fresh = "used" not in globals()\nused = 1\nfresh';

/** In a worker of its own. @param {Assets} assets @param {import('./worker.mjs').Opening} opening */
async function start(assets, opening) {
  const begin = performance.now();
  const fresh = new Python(assets.version);
  try {
    await fresh.open(assets, opening);
    return performance.now() - begin;
  } finally {
    fresh.close();
  }
}

/** The page's own program, with the files that Python starts with. @param {Assets} assets @returns {Promise<Pool>} */
async function openPool({ module, build, snapshot, index, library, version }) {
  const folder = new URL(`pool/${version}/`, import.meta.url);
  /** @type {typeof import('./pool/index.mjs')} */
  const { createPool } = await import(new URL('index.mjs', folder).href);
  const content = new Uint8Array(await library.arrayBuffer());
  /** @type {import('./library.mjs').LibraryIndex} */
  const { start: list = [] } = JSON.parse(index);
  let end = 0;
  const files = list.map(([path, size]) => {
    end += size;
    return [`/pyem/lib/${path}`, content.subarray(end - size, end)];
  });
  const glue = new URL('python.mjs', folder);
  return createPool({ glue, wasm: module, build, snapshot, files: Object.fromEntries(files), size: 1 });
}

/** From a call to its answer, with setting back what the call before it did. @param {Pool} pool */
async function reset(pool) {
  await pool.run(IS_FRESH);
  const begin = performance.now();
  const { value, error } = await pool.run(IS_FRESH);
  const time = performance.now() - begin;
  if (value !== true) throw new Error(`A call found what another left behind: ${error?.message ?? value}`);
  const [reason] = Object.keys(pool.statistics.replaced);
  if (reason) throw new Error(`The instance was replaced, not set back: ${reason}`);
  return time;
}

/** @param {Assets} assets */
export function createStartView(assets) {
  const conditions = element('start-conditions');
  onPress('start-measure', 'start-conditions', async () => {
    conditions.textContent = 'Measuring …';
    const pool = await openPool(assets);
    try {
      const kinds = {
        cold: () => start(assets, { cold: true }),
        'from the snapshot': () => start(assets, {}),
        reset: () => reset(pool),
      };
      /** @type {Record<string, number[]>} */
      const times = {};
      for (let round = 1; round <= ROUNDS; round++) {
        conditions.textContent = `Measuring, round ${round} of ${ROUNDS} …`;
        for (const [name, measure] of Object.entries(kinds)) {
          times[name] ??= [];
          times[name].push(await measure());
        }
      }
      show(times);
    } finally {
      pool.close();
    }
  });

  /** @param {Record<string, number[]>} times */
  function show(times) {
    const rows = Object.entries(times).map(([name, list]) => ({ name, ...summary(list) }));
    drawBars('start-chart', 'milliseconds', rows);
    fillTable(
      'start-rows',
      rows.map(({ name, median, low, high }) => [name, ...[median, low, high].map((n) => n.toFixed(1))]),
    );
    conditions.textContent =
      `${ROUNDS} fresh workers of each kind, and ${ROUNDS} calls of one that was set back, in turn; ` +
      `none found what another left behind; ${engineName()}.`;
  }
}
