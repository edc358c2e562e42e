// How long Python takes to start in this browser, step by step: ?KINDS&ROUNDS&SOURCE as JSON (xtask/src/bench/start/page.rs).
// The title says when `measured` holds a list of starts. Without rounds it is one start, counted from the navigation.
//
// Each start is a worker of its own. SOURCE is what it runs first; the floor runs nothing.

import { fetchAssets } from './assets.mjs';
import { Python } from './client.mjs';
import { inspectSnapshot } from './snapshot/index.mjs';

/** @typedef {Awaited<ReturnType<typeof fetchAssets>>} Assets */
/** @typedef {[step: string, end: number][]} Steps with the milliseconds of the epoch when each ended */
/** @typedef {'cold' | 'restored' | 'floor'} Kind */

const now = () => performance.timeOrigin + performance.now();
const script = now();
/** @type {{ kinds: Kind[], rounds: number, source: string }} */
const { kinds, rounds, source } = JSON.parse(decodeURIComponent(location.search.slice(1)));

/** @param {Steps} before */
async function fetched(before) {
  const assets = await fetchAssets(() => {});
  before.push(['download and compilation', now()]);
  return assets;
}

/** @param {Assets} assets @param {Kind} kind @returns {Promise<Steps>} */
async function startPython(assets, kind) {
  const python = new Python(assets.version);
  try {
    await python.open(assets, { cold: kind === 'cold' });
    /** @type {Steps} */
    const after = [['answer', now()]];
    if (source) {
      await python.ask('push', source);
      after.push(['first statement', now()]);
    }
    return [...(await python.call('steps')), ...after];
  } finally {
    python.close();
  }
}

/** @param {Assets} assets @returns {Promise<Steps>} */
async function startFloor({ module, snapshot }) {
  const { memorySize, runs, dataOffset } = inspectSnapshot(snapshot);
  const worker = new Worker('start-floor.mjs', { type: 'module' });
  try {
    return await new Promise((resolve, reject) => {
      worker.addEventListener('message', ({ data }) => resolve([...data, ['answer', now()]]));
      worker.addEventListener('error', ({ message }) => reject(new Error(`the floor's worker failed: ${message}`)));
      worker.postMessage({ module, snapshot, memorySize, runs, dataOffset });
    });
  } finally {
    worker.terminate();
  }
}

/** How long each step took. @param {number} begin @param {Steps} steps */
function durations(begin, steps) {
  let last = begin;
  return steps.map(([step, end]) => {
    const took = end - last;
    last = end;
    return [step, took];
  });
}

async function main() {
  /** @type {{ kind: Kind, steps: (string | number)[][] }[]} */
  const measured = [];
  /** @type {Steps} */
  const before = [['page', script]];
  const assets = await fetched(before);
  const start = (/** @type {Kind} */ kind) => (kind === 'floor' ? startFloor(assets) : startPython(assets, kind));
  if (rounds === 0) {
    for (const kind of kinds) {
      measured.push({ kind, steps: durations(performance.timeOrigin, [...before, ...(await start(kind))]) });
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const kind of kinds) {
      const begin = now();
      measured.push({ kind, steps: durations(begin, await start(kind)) });
    }
    kinds.push(.../** @type {Kind[]} */ (kinds.splice(0, 1)));
  }
  return measured;
}

main().then(
  (measured) => {
    Object.assign(globalThis, { measured });
    document.title = 'measured';
  },
  (error) => {
    Object.assign(globalThis, { error: error.stack ?? error });
    document.title = 'error';
  },
);
