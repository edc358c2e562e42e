// node side-modules.mjs FOLDER: side_host.c with its side modules, snapshotted and restored. A line of
// JSON: the modules that the snapshot names, what restored callees return, and the errors.

import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildId, inspectSnapshot, restoreSnapshot, takeSnapshot } from '../../../npm/snapshot/index.mjs';
import { refusal } from './refusal.mjs';

const [folder = ''] = process.argv.slice(2);
const { default: createHost } = await import(pathToFileURL(path.join(folder, 'host.mjs')).href);
const pyemBuild = await buildId(fs.readFileSync(path.join(folder, 'host.wasm')));

/** @param {boolean} main whether it runs, which leaves its arguments on the stack @param {string[]} names */
async function hostWith(main, ...names) {
  const host = await createHost({ pyemBuild, noExitRuntime: true, noInitialRun: !main });
  for (const name of names) {
    host.FS.writeFile(name, fs.readFileSync(path.join(folder, name)));
    if (host.ccall('host_load', 'number', ['string'], [`./${name}`]) < 0) throw new Error(`${name} was not loaded`);
  }
  return host;
}

const first = await hostWith(true, 'libone.so', 'libtwo.so');
const before = [first._host_call(0, 10, 0), first._host_call(0, 10, 0), first._host_call(1, 3, 4)];
const snapshot = takeSnapshot(first);

const second = await hostWith(false, 'libone.so', 'libtwo.so');
const pointers = [first, second].map((host) => host._emscripten_stack_get_current());
restoreSnapshot(second, snapshot);
pointers.push(second._emscripten_stack_get_current());
const after = [second._host_call(0, 10, 0), second._host_call(1, 3, 4)];

const swapped = await hostWith(true, 'libtwo.so', 'libone.so');
const without = await hostWith(true, 'libone.so');
process.stdout.write(
  `${JSON.stringify({
    sideModules: inspectSnapshot(snapshot).sideModules,
    path: second.pyemTrampoline.path,
    pointers,
    before,
    after,
    swapped: refusal(() => restoreSnapshot(swapped, snapshot)),
    swappedWorks: [swapped._host_call(1, 10, 0), swapped._host_call(0, 3, 4)],
    without: refusal(() => restoreSnapshot(without, snapshot)),
  })}\n`,
);
