// node restore.mjs FOLDER SNAPSHOT ROUNDS: milliseconds to restore into a fresh instance, and to copy
// the same pages into another one, in turn. The snapshot is inspected before. Prints JSON: two lists.

import fs from 'node:fs';
import path from 'node:path';
import { inspectSnapshot, restoreSnapshot } from '../../npm/snapshot/index.mjs';
import { createPython } from '../../xtask/js/run.mjs';

const PAGE = 4096;
const [folder = '', file = '', rounds = '1'] = process.argv.slice(2);
const pyemBuild = fs.readFileSync(path.join(folder, 'python.build'), 'utf8').trim();
const compiled = new WebAssembly.Module(fs.readFileSync(path.join(folder, 'python.wasm')));
const snapshot = new Uint8Array(fs.readFileSync(file));
const { runs, dataOffset } = inspectSnapshot(snapshot);

function fresh() {
  return createPython(folder, {
    pyemBuild,
    noInitialRun: true,
    /** @param {WebAssembly.Imports} imports @param {(instance: WebAssembly.Instance) => void} receive */
    instantiateWasm: (imports, receive) => receive(new WebAssembly.Instance(compiled, imports)),
  });
}

/** @param {(python: Record<string, any>) => void} work */
async function time(work) {
  const python = await fresh();
  const start = performance.now();
  work(python);
  return performance.now() - start;
}

/** @param {Record<string, any>} python */
function copy(python) {
  const heap = new Uint8Array(python['wasmMemory'].buffer);
  let at = dataOffset;
  for (const { page, pages } of runs) {
    heap.set(snapshot.subarray(at, at + pages * PAGE), page * PAGE);
    at += pages * PAGE;
  }
}

/** @type {{ copy: number[], restore: number[] }} */
const times = { copy: [], restore: [] };
for (let round = 0; round < Number(rounds); round++) {
  times.copy.push(await time(copy));
  times.restore.push(await time((python) => restoreSnapshot(python, snapshot, { inspected: true })));
}
process.stdout.write(JSON.stringify(times));
