// The page: opens Python, and hands it to the four views.

import { fetchAssets, hasJspi, hasWasmGc, PageError } from './assets.mjs';
import { drawBars } from './charts.mjs';
import { Python } from './client.mjs';
import { createConsole } from './console.mjs';
import { element, engineName, fillTable, summary } from './page.mjs';
import { selectTab } from './tabs.mjs';

/** @param {unknown} problem */
function report(problem) {
  const text = problem instanceof PageError ? problem.message : advice(problem);
  const place = element('problem');
  place.textContent = text;
  place.hidden = false;
  element('progress').hidden = true;
  element('status').textContent = 'Python does not run.';
}

/** @param {unknown} problem */
function advice(problem) {
  const text = problem instanceof Error ? problem.message : `${problem}`;
  if (/memory/i.test(text))
    return `There is not enough memory for Python (${text}). Close other tabs and load the page again.`;
  if (/worker/i.test(text)) return `${text}. Does an extension or a policy block Web Workers here?`;
  return `Python did not start: ${text}`;
}

/** @param {{ python: string, path: string }} about */
function showStatus({ python, path }) {
  const has = (/** @type {boolean} */ yes) => (yes ? 'yes' : 'no');
  element('status').textContent =
    `${engineName()} · CPython ${python} · path ${path} · wasm-gc ${has(hasWasmGc())} · JSPI ${has(hasJspi())}`;
}

async function main() {
  const progress = /** @type {HTMLProgressElement} */ (element('progress'));
  const assets = await fetchAssets((share) => {
    progress.value = share;
  });
  const print = (/** @type {string} */ stream, /** @type {string} */ text) => prompt.print(text, stream);
  let python = new Python(print);
  showStatus(await python.open(assets));
  progress.hidden = true;

  const prompt = createConsole((source) => python.askSuspending('push', source));
  const greet = async () => prompt.print(`Python ${(await python.ask('about')).python} on WebAssembly\n`, 'stdout');
  await greet();
  prompt.focus();

  element('interrupt').addEventListener('click', async () => {
    prompt.focus();
    if (!python.busy || python.interrupt()) return;
    // Without shared memory nothing reaches a running interpreter.
    python.close('Stopped. What was defined is gone.');
    python = new Python(print);
    await python.open(assets);
    await greet();
  });

  const showSignatures = async () => {
    const { value } = /** @type {HTMLSelectElement} */ (element('path'));
    const other = value ? new Python(() => {}) : python;
    try {
      const { path } = value ? await other.open(assets, { path: value }) : await other.ask('about');
      const rows = await other.ask('signatures');
      fillTable(
        'rows',
        rows.map(
          (/** @type {{ call: string, kind: string, declared: string, result: string, refused: boolean }} */ row) => [
            row.call,
            row.kind,
            row.declared,
            row.refused ? { text: row.result, kind: 'refused' } : row.result,
          ],
        ),
      );
      element('rows-path').textContent = `${rows.length} calls on path ${path}`;
    } catch (error) {
      fillTable('rows', []);
      element('rows-path').textContent = error instanceof Error ? error.message : `${error}`;
    } finally {
      if (other !== python) other.close();
    }
  };
  element('path').addEventListener('change', showSignatures);

  element('suspend').addEventListener('click', async () => {
    const waited = element('suspended');
    waited.textContent = 'Waiting …';
    const start = performance.now();
    const result = await python.askSuspending('suspended', 'manifest.json').catch((error) => `${error}`);
    waited.textContent = `${result} (${(performance.now() - start).toFixed(0)} ms)`;
  });

  element('measure').addEventListener('click', async () => {
    element('speed-conditions').textContent = 'Measuring …';
    const { kinds, rounds, calls } = await python.ask('speed');
    /** @type {[string, { ratios: number[], times: number[] }][]} */
    const measured = Object.entries(kinds);
    const rows = measured.map(([name, { ratios, times }]) => ({
      name,
      ...summary(ratios),
      time: summary(times).median,
    }));
    drawBars('speed-chart', 'times a typed call', rows);
    fillTable(
      'speed-rows',
      rows.map(({ name, median, low, high, time }) => [name, ...[median, low, high, time].map((n) => n.toFixed(2))]),
    );
    element('speed-conditions').textContent =
      `${rounds} rounds of ${calls.toLocaleString('en')} calls of each kind in turn; ${engineName()}.`;
  });

  element('start-measure').addEventListener('click', async () => {
    const ROUNDS = 5;
    /** @type {Record<string, number[]>} */
    const times = { cold: [], 'from the snapshot': [] };
    for (let round = 1; round <= ROUNDS; round++) {
      for (const [name, list] of Object.entries(times)) {
        element('start-conditions').textContent = `Measuring, round ${round} of ${ROUNDS} …`;
        const start = performance.now();
        const fresh = new Python(() => {});
        await fresh.open(assets, { cold: name === 'cold' });
        list.push(performance.now() - start);
        fresh.close();
      }
    }
    const rows = Object.entries(times).map(([name, list]) => ({ name, ...summary(list) }));
    drawBars('start-chart', 'milliseconds', rows);
    fillTable(
      'start-rows',
      rows.map(({ name, median, low, high }) => [name, ...[median, low, high].map((n) => n.toFixed(0))]),
    );
    element('start-conditions').textContent = `${ROUNDS} fresh workers of each kind in turn; ${engineName()}.`;
  });

  // For the curious, and for tests: a snapshot of a fresh interpreter that ran a statement, packed and
  // in hexadecimal.
  Object.assign(globalThis, {
    /** @param {string} source */
    async takeDemoSnapshot(source) {
      const fresh = new Python(() => {});
      try {
        await fresh.open(assets);
        await fresh.ask('push', source);
        const bytes = await fresh.call('snapshot');
        const packed = new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip')));
        const all = new Uint8Array(await packed.arrayBuffer());
        return Array.from(all, (byte) => byte.toString(16).padStart(2, '0')).join('');
      } finally {
        fresh.close();
      }
    },
  });

  selectTab((name) => {
    if (name === 'signatures') void showSignatures();
    if (name === 'console') prompt.focus();
  });
}

main().catch(report);
