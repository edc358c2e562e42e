// The page: opens Python, and hands it to the views.

import { fetchAssets, fetchManifest, hasJspi, hasWasmGc, PageError } from './assets.mjs';
import { createAttachView } from './attach-view.mjs';
import { createAuditView } from './audit-view.mjs';
import { drawBars } from './charts.mjs';
import { Python } from './client.mjs';
import { createConsole } from './console.mjs';
import { element, engineName, fillTable, messageOf, onPress, summary } from './page.mjs';
import { startInputService } from './service.mjs';
import { createStartView } from './start-view.mjs';
import { selectTab } from './tabs.mjs';

const has = (/** @type {boolean} */ yes) => (yes ? 'yes' : 'no');

/** @param {string} text what is known of Python */
function showStatus(text) {
  element('status').textContent = `${engineName()} · ${text} · wasm-gc ${has(hasWasmGc())} · JSPI ${has(hasJspi())}`;
}

/** @param {unknown} problem */
function report(problem) {
  const text = problem instanceof PageError ? problem.message : advice(problem);
  const place = element('problem');
  place.textContent = text;
  place.hidden = false;
  element('progress').hidden = true;
  showStatus('Python does not run');
}

/** @param {unknown} problem */
function advice(problem) {
  const text = messageOf(problem);
  if (/out of memory|allocat/i.test(text))
    return `There is not enough memory for Python (${text}). Close other tabs and load the page again.`;
  if (/worker/i.test(text)) return `${text}. Does an extension or a policy block Web Workers here?`;
  return `Python did not start: ${text}`;
}

/** The views that need Python, once there is one. @type {Record<string, () => void>} */
const views = {};

async function main() {
  selectTab((name) => views[name]?.());
  showStatus('Python is loading');
  const progress = /** @type {HTMLProgressElement} */ (element('progress'));
  const fetched = fetchManifest();
  createAttachView(fetched);
  createAuditView(fetched);
  const [manifest, answer] = await Promise.all([fetched, startInputService()]);
  // Its worker starts while the rest is downloaded and compiled.
  /** @type {Python | undefined} */
  let first = new Python(manifest.version);
  const assets = await fetchAssets(manifest, (share) => {
    progress.value = share;
  });
  const prompt = createConsole(
    (source) => python.askSuspending('push', source),
    (line) => python.answer(line),
  );
  /** Opens the interpreter that all views use, and another one whenever it dies. */
  const start = () => {
    const python = first ?? new Python(assets.version);
    first = undefined;
    python.host = {
      print: (stream, text) => prompt.print(text, stream),
      ask: () => prompt.setWaiting(true),
      answer,
      died: restart,
    };
    python.open(assets).then(({ python: version, path }) => {
      element('problem').hidden = true;
      progress.hidden = true;
      showStatus(`CPython ${version} · path ${path}`);
      prompt.print(`Python ${version} on WebAssembly\n`, 'stdout');
    }, report);
    return python;
  };
  const restart = () => {
    prompt.setWaiting(false);
    python = start();
  };
  let python = start();
  prompt.focus();

  onPress('interrupt', 'problem', async () => {
    prompt.focus();
    if (!python.busy) return;
    prompt.setWaiting(false);
    if (await python.interrupt()) return;
    // Without shared memory nothing reaches a running interpreter, and in C code nobody looks.
    python.close('Stopped. What was defined is gone.');
    restart();
  });

  let asked = 0;
  const showSignatures = async () => {
    const turn = ++asked;
    const { value } = /** @type {HTMLSelectElement} */ (element('path'));
    const other = value ? new Python(assets.version) : python;
    let [text, rows] = ['', []];
    try {
      const { path } = value ? await other.open(assets, { path: value }) : await other.ask('about');
      rows = await other.ask('signatures');
      text = `${rows.length} calls on path ${path}`;
    } catch (error) {
      text = messageOf(error);
    } finally {
      if (other !== python) other.close();
    }
    // A later choice may have been faster.
    if (turn !== asked) return;
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
    element('rows-path').textContent = text;
  };
  element('path').addEventListener('change', showSignatures);

  onPress('suspend', 'suspended', async () => {
    const waited = element('suspended');
    waited.textContent = 'Waiting …';
    const start = performance.now();
    const result = await python.askSuspending('suspended', 'manifest.json');
    waited.textContent = `${result} (${(performance.now() - start).toFixed(0)} ms)`;
  });

  onPress('measure', 'speed-conditions', async () => {
    element('speed-conditions').textContent = 'Measuring …';
    const { kinds, rounds, shortest } = await python.ask('speed');
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
    const lacks = hasWasmGc() ? '' : " CPython's design needs WebAssembly GC, which this engine lacks.";
    element('speed-conditions').textContent =
      `${rounds} rounds of each kind in turn, each at least ${shortest} ms; ${engineName()}.${lacks}`;
  });

  createStartView(assets);

  // For the curious, and for tests: a snapshot of a fresh interpreter that ran a statement, packed and
  // in hexadecimal.
  Object.assign(globalThis, {
    /** @param {string} source */
    async takeDemoSnapshot(source) {
      const fresh = new Python(assets.version);
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

  views['signatures'] = () => void showSignatures();
  // Whatever tab was chosen while Python was loading.
  const chosen = document.querySelector('[role=tab][aria-selected=true]')?.getAttribute('aria-controls');
  views[chosen ?? '']?.();
}

main().catch(report);
