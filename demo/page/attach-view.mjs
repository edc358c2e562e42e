// The view "Attach": calls of C functions in stock Pyodide and with the trampoline attached, in turn.

import { drawBars } from './charts.mjs';
import example from './example.txt';
import { element, engineName, fillTable, messageOf, summary } from './page.mjs';
import { Pyodide } from './pyodide-client.mjs';

const ROUNDS = 5;

/** On one line. @param {number} nanoseconds */
function duration(nanoseconds) {
  if (nanoseconds < 1e3) return `${nanoseconds.toFixed(nanoseconds < 100 ? 1 : 0)}\xa0ns`;
  return nanoseconds < 1e6 ? `${(nanoseconds / 1e3).toFixed(1)}\xa0µs` : `${(nanoseconds / 1e6).toFixed(2)}\xa0ms`;
}

/** @typedef {{ samples: number[], time: number, resolutions: number, path: string }} Round attached */

/** @param {Promise<import('./assets.mjs').Manifest>} manifest */
export function createAttachView(manifest) {
  const conditions = element('attach-conditions');
  const progress = /** @type {HTMLProgressElement} */ (element('attach-progress'));
  const button = (/** @type {string} */ id) => /** @type {HTMLButtonElement} */ (element(id));
  const [measureButton, stopButton, detachButton] = [
    button('attach-measure'),
    button('attach-stop'),
    button('attach-detach'),
  ];
  /** @type {Pyodide | undefined} */
  let pyodide;
  /** The rows of the table. @type {[string, string][]} */
  let kinds = [];
  /** Medians of the last measurement. @type {number[]} */
  let stockTimes = [];

  element('attach-code').textContent = example;
  manifest.then(
    ({ pyodide: { version, download } }) => {
      element('attach-size').textContent =
        `Pyodide ${version}, ${(download / 1e6).toFixed(1)} MB, is downloaded when you press Measure.`;
    },
    () => {},
  );

  /** Does what a button is for; until then only Stop can be pressed. @param {() => Promise<void>} work */
  async function run(work) {
    measureButton.disabled = detachButton.disabled = true;
    stopButton.disabled = progress.hidden = false;
    let attached = false;
    try {
      await work();
      attached = work === measure;
    } catch (error) {
      conditions.textContent = messageOf(error);
      // Whatever state it is in.
      pyodide?.close();
    }
    measureButton.disabled = false;
    detachButton.disabled = !attached;
    stopButton.disabled = progress.hidden = true;
    // A disabled button would take the focus along.
    if (document.activeElement === document.body) measureButton.focus({ preventScroll: true });
  }

  /** @returns {Promise<Pyodide>} the one that is loaded, or another */
  async function load() {
    const { version, pyodide: stock } = await manifest;
    if (pyodide && pyodide.ended === undefined) return pyodide;
    conditions.textContent = `Pyodide ${stock.version} is loading …`;
    pyodide = new Pyodide('pyodide/worker.js', version, (share) => {
      progress.value = share;
    });
    kinds = await pyodide.call('open', stock);
    return pyodide;
  }

  async function measure() {
    const path = /** @type {HTMLSelectElement} */ (element('attach-path')).value || undefined;
    progress.value = 0;
    const worker = await load();
    conditions.textContent = 'Measuring …';
    await worker.call('calibrate', path);
    /** @type {number[][]} */
    const stock = [];
    /** @type {Round[]} */
    const attached = [];
    for (let round = 1; round <= ROUNDS; round++) {
      conditions.textContent = `Measuring, round ${round} of ${ROUNDS} …`;
      progress.value = (round - 1) / ROUNDS;
      stock.push(await worker.call('measureStock'));
      attached.push(await worker.call('measureAttached', path));
    }
    show(stock, attached);
  }

  /** @param {number[][]} stock @param {Round[]} attached */
  function show(stock, attached) {
    const rows = kinds.map(([name, kind], index) => {
      const before = stock.map((samples) => samples[index] ?? Number.NaN);
      const after = attached.map(({ samples }) => samples[index] ?? Number.NaN);
      const ratios = before.map((time, round) => time / (after[round] ?? Number.NaN));
      return { name, kind, before: summary(before).median, after: summary(after).median, ...summary(ratios) };
    });
    stockTimes = rows.map((row) => row.before);
    drawBars('attach-chart', 'times as fast as stock', rows);
    fillTable(
      'attach-rows',
      rows.map((row) => [row.name, duration(row.before), duration(row.after), row.median.toFixed(2), row.kind]),
    );
    const last = attached.at(-1);
    const { median } = summary(attached.map(({ time }) => time));
    conditions.textContent =
      `Attached on path ${last?.path}: ${last?.resolutions} resolutions; attach() took ${median.toFixed(1)} ms. ` +
      `Medians of ${ROUNDS} rounds, stock and attached in turn; ${engineName()}.`;
  }

  async function detach() {
    conditions.textContent = 'Detached; measuring once more …';
    progress.value = 0;
    /** @type {number[]} */
    const samples = await pyodide?.call('measureStock');
    const { median } = summary(samples.map((time, index) => time / (stockTimes[index] ?? Number.NaN)));
    conditions.textContent = `Detached: the calls take ${median.toFixed(2)} times as long as stock did (median).`;
  }

  measureButton.addEventListener('click', () => run(measure));
  detachButton.addEventListener('click', () => run(detach));
  stopButton.addEventListener('click', () => pyodide?.close('Stopped. Measure starts another Pyodide.'));
}
