// node lives.mjs PYODIDE-FOLDER SIDE-MODULE: attach and detach at any time of an interpreter's life.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMainThread, Worker } from 'node:worker_threads';
import { attach } from '../../../npm/attach/index.mjs';
import { cell, ensure, install } from './case.mjs';

/** @typedef {Record<string, any>} Any */

const [folder = '', file = ''] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(resolve(folder, 'pyodide.mjs')).href);
const indexURL = `${resolve(folder)}/`;
const sideModule = new Uint8Array(readFileSync(file));
const source = readFileSync(new URL('test_attached.py', import.meta.url), 'utf8');

/** @param {object} [options] @returns {Promise<Any>} */
const load = (options) => loadPyodide({ indexURL, ...options });

/** Python's calls are right. @param {Any} pyodide */
function check(pyodide) {
  const [report, ran] = pyodide.pyimport('test_attached').run().toJs();
  ensure(ran > 0, report);
}

/** The side module is loaded after it was attached. */
async function packagesAfterwards() {
  const pyodide = await load();
  const trampoline = attach(pyodide);
  install(pyodide, sideModule, source);
  check(pyodide);
  return { pyodide, trampoline };
}

/** @param {Any} first @param {ReturnType<typeof attach>} trampoline */
async function twoAtOnce(first, trampoline) {
  const second = await packagesAfterwards();
  trampoline.detach();
  check(second.pyodide);
  const again = attach(first, { path: 'probe' });
  check(first);
  check(second.pyodide);
  ensure(again.path === 'probe' && again.resolutions.probe > 0, 'the first has a path of its own');
  again.detach();
}

/** @param {Any} pyodide not attached */
function detachInACallback(pyodide) {
  const stock = cell(pyodide);
  const mismatched = pyodide.pyimport('mismatched');
  /** @type {import('../../../npm/attach/resolve.mjs').Path[]} */
  const paths = attach(pyodide).path === 'wasm-gc' ? ['wasm-gc', 'probe'] : ['probe'];
  pyodide._module.pyemTrampoline.detach();
  for (const path of paths) {
    /** @type {ReturnType<typeof attach> | null} */
    let live = null;
    let call = 0;
    // While a frame of the trampoline is on the stack, ours and the stock one in turn.
    mismatched.set_callback(() => {
      if (live) live.detach();
      live = live ? null : attach(pyodide, { path });
      return ++call;
    });
    for (let turn = 1; turn <= 40; turn++) {
      ensure(mismatched.o_waits2(1) === turn, `turn ${turn} on ${path}`);
      ensure(pyodide.runPython('[1, 1].count(1)') === 2, 'Python goes on');
    }
  }
  const now = cell(pyodide);
  ensure(now.live === stock.live && now.slot === stock.slot, 'the stock trampoline is back');
}

/** Pyodide's own memory snapshots. */
async function snapshots() {
  const taker = await load({ _makeSnapshot: true });
  const trampoline = attach(taker);
  ensure(taker.runPython('[1].count(1)') === 1, 'Python runs');
  const attached = cell(taker);
  const whileAttached = taker.makeMemorySnapshot();
  const now = cell(taker);
  ensure(now.slot === attached.slot && now.live === attached.live, 'it stays attached');
  trampoline.detach();
  const detached = taker.makeMemorySnapshot();
  for (const _loadSnapshot of [whileAttached, detached]) {
    // Stock at first: what the snapshot has of the pointer fits an instance that nothing is attached to.
    const restored = await load({ _loadSnapshot });
    ensure(restored.runPython('[1, 2].count(2)') === 1, 'it runs');
    install(restored, sideModule, source);
    const again = attach(restored);
    check(restored);
    ensure(again.resolutions[again.path ?? 'probe'] > 0, 'attached');
    again.detach();
    ensure(restored.runPython('[1, 2].count(2)') === 1, 'it runs on');
  }
}

const { pyodide, trampoline } = await packagesAfterwards();
if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) });
  const ended = new Promise((done, failed) => {
    worker.on('error', failed);
    worker.on('exit', (code) => (code === 0 ? done(code) : failed(new Error(`the worker ended with ${code}`))));
  });
  await twoAtOnce(pyodide, trampoline);
  detachInACallback(pyodide);
  await snapshots();
  await ended;
  process.stdout.write('right: lives\n');
}
