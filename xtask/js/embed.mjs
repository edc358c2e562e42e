// Snapshots of an emscripten CPython in Node.
//
//   node embed.mjs FOLDER run SOURCE                      starts Python, runs SOURCE
//   node embed.mjs FOLDER take SNAPSHOT SOURCE            starts Python, runs SOURCE, takes a snapshot
//   node embed.mjs FOLDER restore SNAPSHOT SOURCE         restores, reseeds, runs SOURCE
//
// PYEM_BEFORE names a module whose default export gets the instance before Python starts or memory is
// overwritten, PYEM_AFTER one for the time before the snapshot is taken or SOURCE is run. PYEM_RESEED=off
// leaves that out.

import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspectSnapshot, prepareReseed, reseed, restoreSnapshot, takeSnapshot } from '../../npm/snapshot/index.mjs';
import { createPython, untilExit } from './run.mjs';

/** @typedef {import('../../npm/snapshot/index.mjs').Target} Target */

const [folder = '', verb = '', ...rest] = process.argv.slice(2);
const compiling = WebAssembly.compile(fs.readFileSync(path.join(folder, 'python.wasm')));
const pyemBuild = fs.readFileSync(path.join(folder, 'python.build'), 'utf8').trim();
const [file = ''] = rest;
const source = rest.at(-1) ?? '';
// Read and checked while the engine compiles.
const snapshot = verb === 'restore' ? fs.readFileSync(file) : undefined;
if (snapshot) inspectSnapshot(snapshot);

/** @param {Target} python @param {string} text */
function run(python, text) {
  const failed = python['ccall']('PyRun_SimpleString', 'number', ['string'], [text]) !== 0;
  if (failed) process.exitCode = 1;
  return !failed;
}

/** @param {string} variable @param {Target} python */
async function hook(variable, python) {
  const module = process.env[variable];
  if (module) (await import(pathToFileURL(module).href)).default(python, verb);
}

/**
 * @param {WebAssembly.Imports} imports
 * @param {(instance: WebAssembly.Instance) => void} receive
 */
async function instantiateWasm(imports, receive) {
  receive(new WebAssembly.Instance(await compiling, imports));
}

/**
 * What Python is given of the environment is in the snapshot, for all who get it: the hash seed only. The
 * other verbs get the same of Python's own variables, so that results do not hang on the machine's.
 */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => name === 'PYTHONHASHSEED' || (verb !== 'take' && !name.startsWith('PYTHON')),
  ),
);
const FLUSH = 'import sys; sys.stdout.flush(); sys.stderr.flush()';

await untilExit(async () => {
  const options = { pyemBuild, noInitialRun: true, instantiateWasm };
  const python = await createPython(folder, options, environment);
  await hook('PYEM_BEFORE', python);
  if (snapshot) {
    restoreSnapshot(python, snapshot, { inspected: true });
    if (process.env['PYEM_RESEED'] !== 'off') reseed(python);
    await hook('PYEM_AFTER', python);
    run(python, source);
    run(python, FLUSH);
    return;
  }
  if (python['_python_start']() !== 0) throw new Error('Python did not start');
  const ran = run(python, source);
  run(python, FLUSH);
  if (verb === 'take') prepareReseed(python);
  await hook('PYEM_AFTER', python);
  if (verb === 'take' && ran) fs.writeFileSync(file, takeSnapshot(python));
});
