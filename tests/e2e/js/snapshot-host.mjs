// node snapshot-host.mjs FOLDER restore: snapshot_host.cpp, snapshotted and restored over a used instance, and too
// early. FOLDER refuse: neither is possible. FOLDER grow: with a heap of more than 2 GB, mostly zero. Prints JSON.

import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { encodeSnapshot, sealSnapshot } from '../../../npm/snapshot/format.mjs';
import { buildId, restoreSnapshot, takeSnapshot } from '../../../npm/snapshot/index.mjs';
import { refusal } from './refusal.mjs';

/** @typedef {import('../../../npm/snapshot/index.mjs').Target} Target */

const [folder = '', verb] = process.argv.slice(2);
const { default: createHost } = await import(pathToFileURL(path.join(folder, 'host.mjs')).href);
const wasm = fs.readFileSync(path.join(folder, 'host.wasm'));
const compiled = new WebAssembly.Module(wasm);
const pyemBuild = await buildId(wasm);

/**
 * @param {string} language
 * @param {string[] | undefined} main its arguments, if it runs
 * @param {{ onInstance?: (exports: WebAssembly.Exports) => void, onPreRun?: (host: Target) => void }} [hooks]
 * @returns {Promise<Target>}
 */
function create(language, main, { onInstance, onPreRun } = {}) {
  return createHost({
    pyemBuild,
    noInitialRun: !main,
    noExitRuntime: main !== undefined,
    thisProgram: 'host',
    arguments: main ?? [],
    /** @param {WebAssembly.Imports} imports @param {(instance: WebAssembly.Instance, module: WebAssembly.Module) => void} receive */
    instantiateWasm(imports, receive) {
      const instance = new WebAssembly.Instance(compiled, imports);
      onInstance?.(instance.exports);
      receive(instance, compiled);
    },
    /** @param {Target} host */
    preRun(host) {
      host['ENV']['LANG'] = language;
      onPreRun?.(host);
    },
  });
}

/** @param {Target} host */
const state = (host) => [
  host['_host_constructed'](),
  host['UTF8ToString'](host['_host_language']()),
  host['_host_kept'](),
];
/** @param {Target} host */
const memory = (host) => new Uint8Array(host['wasmMemory'].buffer);

/** How many bytes differ up to the heap's end, the dead stack aside. @param {Target} host @param {Uint8Array} before */
function differing(host, before) {
  const dead = [host['_emscripten_stack_get_end'](), host['_emscripten_stack_get_current']()];
  const heapEnd = host['_sbrk'](0);
  const [then, now] = [before, memory(host)].map((all) => all.slice(0, heapEnd).fill(0, ...dead));
  return now?.reduce((count, byte, at) => count + Number(byte !== then?.[at]), 0);
}

const secret = Buffer.from(Array.from({ length: 64 }, (_, i) => ((i * 37 + 11) ^ 0x5a) & 0xff));
async function restore() {
  const first = await create('taken', ['one', 'argument of some length', '']);
  first['_host_keep'](41);
  first['_host_whisper']();
  const whispered = Buffer.from(memory(first)).includes(secret);
  const before = memory(first).slice();
  const snapshot = takeSnapshot(first);

  const second = await create('restored', undefined);
  second['_host_dirty']();
  const usedEnd = second['_sbrk'](0);
  restoreSnapshot(second, snapshot);
  const bytes = differing(second, before);
  const restored = state(second);
  const heapEnd = second['_sbrk'](0);
  // Emscripten looks at the stack's marks then.
  let exit = 0;
  try {
    second['_host_exit']();
  } catch (error) {
    if (Object(error).name !== 'ExitStatus') throw error;
    exit = Object(error).status;
  }

  /** @type {Record<string, unknown>} */
  const tooEarly = {};
  for (const hook of ['onInstance', 'onPreRun']) {
    const host = await create('restored', undefined, {
      [hook]: (/** @type {Target} */ target) => {
        tooEarly[hook] = refusal(() => restoreSnapshot(target, snapshot, { build: pyemBuild }));
      },
    });
    tooEarly[`${hook}, then`] = state(host);
  }
  return {
    'stack end': first['_emscripten_stack_get_end'](),
    'secret in memory': whispered,
    'secret in the file': Buffer.from(snapshot).includes(secret),
    taken: state(first),
    restored,
    differing: bytes,
    'left beyond the heap': memory(second).subarray(heapEnd, usedEnd).filter(Boolean).length,
    'used beyond the heap': usedEnd - heapEnd,
    exit,
    'after the end': [refusal(() => takeSnapshot(second)), refusal(() => restoreSnapshot(second, snapshot))],
    tooEarly,
  };
}

async function refuse() {
  const host = await create('refused', undefined);
  const { length: memorySize } = memory(host);
  const empty = { stackPointer: 0, tableLength: host['wasmTable'].length, sideModules: [], valueTables: [], runs: [] };
  const { bytes } = encodeSnapshot({ ...empty, build: pyemBuild, memorySize });
  sealSnapshot(bytes);
  return { take: refusal(() => takeSnapshot(host)), restore: refusal(() => restoreSnapshot(host, bytes)) };
}

async function grow() {
  const [first, second] = [await create('grown', undefined), await create('grown', undefined)];
  const words = (/** @type {Target} */ host) => new Uint32Array(host['wasmMemory'].buffer);
  const places = [2 ** 31, 2 ** 31 + 2 ** 25].map((address) => address / 4);
  first['_sbrk'](2 ** 31 + 2 ** 26 - first['_sbrk'](0));
  places.forEach((place, n) => {
    words(first)[place] = 7 + 2 * n;
  });
  const snapshot = takeSnapshot(first);
  restoreSnapshot(second, snapshot);
  const kept = places.map((place) => words(second)[place]);
  return { kept, file: snapshot.length, 'heap end': second['_sbrk'](0) >>> 0 };
}

/** @type {Record<string, () => Promise<unknown>>} */
const verbs = { grow, refuse, restore };
process.stdout.write(JSON.stringify(await verbs[verb ?? '']?.()));
