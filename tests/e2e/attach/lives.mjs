// Attach and detach at any time of an interpreter's life, with others beside it. It runs in any engine.

import { attach } from '../../../npm/attach/index.mjs';
import { cell, ensure, ensureThrows, install, setPointer } from './case.mjs';

/** @typedef {import('./case.mjs').Any} Any */
/** @typedef {import('./case.mjs').Host} Host */

/** Python's calls are right. @param {Any} pyodide */
function check(pyodide) {
  const [report, ran] = pyodide.pyimport('test_attached').run().toJs();
  ensure(ran > 0, report);
}

/** The side module is loaded after it was attached. @param {Host} host */
export async function packagesAfterwards(host) {
  const pyodide = await host.load();
  const trampoline = attach(pyodide);
  await install(host, pyodide);
  check(pyodide);
  const { buffer } = pyodide._module.HEAPU8;
  pyodide.runPython('del [bytearray(1 << 26)][:]');
  ensure(pyodide._module.HEAPU8.buffer !== buffer, 'memory grew');
  check(pyodide);
  return { pyodide, trampoline };
}

/** @param {Host} host @param {Any} first @param {import('./case.mjs').Trampoline} trampoline */
async function twoAtOnce(host, first, trampoline) {
  const second = await packagesAfterwards(host);
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
  /** @type {import('./case.mjs').Path[]} */
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

/** Pyodide's own memory snapshots. @param {Host} host */
export async function snapshots(host) {
  const taker = await host.load({ _makeSnapshot: true });
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
    const restored = await host.load({ _loadSnapshot });
    ensure(restored.runPython('[1, 2].count(2)') === 1, 'it runs');
    await install(host, restored);
    const again = attach(restored);
    check(restored);
    ensure(again.resolutions[again.path ?? 'probe'] > 0, 'attached');
    again.detach();
    ensure(restored.runPython('[1, 2].count(2)') === 1, 'it runs on');
  }
  await install(host, taker);
  changedByOthers(taker);
  return { pyodide: taker.version };
}

/** A bundle may hold the package twice. @param {Any} pyodide not attached */
async function twoCopies(pyodide) {
  const copy = '../../../npm/attach/index.mjs?copy';
  /** @type {{ attach: typeof attach }} */
  const { attach: attachOfCopy } = await import(copy);
  const trampoline = attach(pyodide);
  ensureThrows(() => attachOfCopy(pyodide), /attached already/);
  trampoline.detach();
  const second = attachOfCopy(pyodide);
  ensureThrows(() => attach(pyodide), /attached already/);
  check(pyodide);
  second.detach();
}

/** What others change while it is attached is theirs after `detach`. @param {Any} taker can take snapshots */
function changedByOthers(taker) {
  const { _module: module } = taker;
  const stock = cell(taker);
  const { API: api, wasmTable: table } = module;

  // Their functions around ours stay, and ours do nothing then.
  setPointer(taker, 0);
  const { makeSnapshot, set } = { ...api, set: table.set };
  const trampoline = attach(taker);
  const [attachedSet, attachedSnapshot] = [table.set, api.makeSnapshot];
  table.set = (/** @type {any[]} */ ...given) => attachedSet.apply(table, given);
  api.makeSnapshot = (/** @type {any[]} */ ...given) => attachedSnapshot(...given);
  const theirs = [table.set, api.makeSnapshot];
  trampoline.detach();
  ensure(table.set === theirs[0] && api.makeSnapshot === theirs[1], 'theirs stay');
  taker.makeMemorySnapshot();
  ensure(cell(taker).slot === 0, 'a snapshot leaves the pointer as it is');
  attach(taker).detach();
  ensure(table.set === theirs[0] && cell(taker).slot === 0, 'attached and detached again');
  Object.assign(table, { set });
  Object.assign(api, { makeSnapshot });
  setPointer(taker, stock.slot);

  // As does their trampoline, in its place.
  if (!stock.live) return;
  const covered = attach(taker);
  const other = table.get(taker.pyimport('mismatched').slot_of(taker.pyimport('mismatched').o2));
  table.set(stock.slot, other);
  covered.detach();
  ensure(cell(taker).live === other, 'their trampoline stays');
  table.set(stock.slot, stock.live);
}

/** @param {Host} host */
export async function lives(host) {
  const other = host.elsewhere('packagesAfterwards');
  const { pyodide, trampoline } = await packagesAfterwards(host);
  await twoAtOnce(host, pyodide, trampoline);
  detachInACallback(pyodide);
  await twoCopies(pyodide);
  await other;
  return { pyodide: pyodide.version };
}
