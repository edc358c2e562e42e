// How long Python takes to start in this browser, step by step: ?KINDS&ROUNDS&SOURCE as JSON (xtask/src/bench/start/page.rs).
// The title says when `measured` holds a list of starts. Without rounds it is one start, of the first kind, counted from the
// navigation.
//
// Each start is a worker of its own. SOURCE is what it runs first; the floor runs nothing.

import { fetchAssets, fetchManifest } from './assets.mjs';
import { Python } from './client.mjs';
import { decodeSnapshot } from './snapshot/format.mjs';

/** @typedef {Awaited<ReturnType<typeof fetchAssets>>} Assets */
/** @typedef {[step: string, end: number][]} Steps with the milliseconds of the epoch when each ended */
/** @typedef {'cold' | 'restored' | 'floor'} Kind */

const now = () => performance.timeOrigin + performance.now();
const script = now();
/** @type {{ kinds: Kind[], rounds: number, source: string }} */
const { kinds, rounds, source } = JSON.parse(decodeURIComponent(location.search.slice(1)));

/**
 * A worker that has begun to load its script.
 *
 * @typedef {(assets: Assets) => Promise<Steps>} Start
 */

/** @param {string} version @param {boolean} cold @returns {Start} */
function preparePython(version, cold) {
  const python = new Python(version);
  /** @type {string[]} */
  const printed = [];
  python.host = { print: (_stream, text) => void printed.push(text) };
  return async (assets) => {
    try {
      await python.open(assets, { cold });
      /** @type {Steps} */
      const after = [['answer', now()]];
      if (source) {
        await python.ask('push', source);
        after.push(['first statement', now()]);
      }
      const steps = await python.call('steps');
      if (printed.length > 0) throw new Error(`Python printed ${printed.join('')}`);
      return [...steps, ...after];
    } finally {
      python.close();
    }
  };
}

/** @returns {Start} */
function prepareFloor() {
  const worker = new Worker('start-floor.mjs', { type: 'module' });
  return async ({ module, snapshot }) => {
    const { memorySize, runs, dataOffset } = decodeSnapshot(new Uint8Array(snapshot), true);
    try {
      return await new Promise((resolve, reject) => {
        worker.addEventListener('message', ({ data }) => resolve([...data, ['answer', now()]]));
        worker.addEventListener('error', ({ message }) => reject(new Error(`the floor's worker failed: ${message}`)));
        worker.postMessage({ module, snapshot, memorySize, runs, dataOffset });
      });
    } finally {
      worker.terminate();
    }
  };
}

/** How much later each step ended than all before it: a step beside others may add nothing. @param {number} begin @param {Steps} steps */
function durations(begin, steps) {
  let last = begin;
  return steps.map(([step, end]) => {
    const took = Math.max(0, end - last);
    last += took;
    return [step, took];
  });
}

async function main() {
  /** @type {{ kind: Kind, steps: (string | number)[][] }[]} */
  const measured = [];
  const manifest = await fetchManifest();
  const manifested = now();
  const prepare = (/** @type {Kind} */ kind) =>
    kind === 'floor' ? prepareFloor() : preparePython(manifest.version, kind === 'cold');
  // The worker starts while the rest is downloaded and compiled, as in the page.
  const first = rounds === 0 && kinds[0] ? prepare(kinds[0]) : undefined;
  const assets = await fetchAssets(manifest, () => {});
  if (first) {
    /** @type {Steps} */
    const before = [
      ['page', script],
      ['manifest', manifested],
      ['download and compilation', now()],
    ];
    const steps = durations(performance.timeOrigin, [...before, ...(await first(assets))]);
    return [{ kind: kinds[0], steps }];
  }
  for (let round = 0; round < rounds; round++) {
    for (const kind of kinds) {
      const begin = now();
      measured.push({ kind, steps: durations(begin, await prepare(kind)(assets)) });
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
