// node start-node.cjs FOLDER KIND SNAPSHOT SOURCE: a start of FOLDER's Python, which runs SOURCE; KIND is `cold` or `restored`.
// Standard error gets the steps.
//
// It is what docs/snapshots.md advises: one CommonJS file with the glue code in it (xtask/src/bench/start/node.rs), a snapshot
// that was inspected when it was put there, the library mounted and nothing else.

import fs from 'node:fs';
import { reseed, restoreSnapshot } from '../../npm/snapshot/index.mjs';
import createPython from './python.mjs';
import { ended, steps } from './steps.mjs';

const [folder = '', kind = '', file = '', source = ''] = process.argv.slice(2);

/** @param {Record<string, any>} python @param {string} text */
function run(python, text) {
  if (python['ccall']('PyRun_SimpleString', 'number', ['string'], [text]) !== 0) throw new Error(text);
}

async function main() {
  ended('modules of the driver');
  const compiling = WebAssembly.compile(fs.readFileSync(`${folder}/python.wasm`));
  const text = (/** @type {string} */ name) => fs.readFileSync(`${folder}/${name}`, 'utf8').trim();
  const [pyemBuild, minor] = [text('python.build'), text('python.minor')];
  // Read while the engine compiles.
  const snapshot = kind === 'restored' ? fs.readFileSync(file) : undefined;
  ended('files read');
  /** @type {Record<string, any>} */
  const python = await createPython({
    pyemBuild,
    noInitialRun: true,
    print: (/** @type {string} */ line) => fs.writeSync(1, `${line}\n`),
    /** @param {WebAssembly.Imports} imports @param {(instance: WebAssembly.Instance) => void} receive */
    async instantiateWasm(imports, receive) {
      ended('glue');
      const module = await compiling;
      ended('compilation');
      const instance = new WebAssembly.Instance(module, imports);
      ended('instance');
      receive(instance);
    },
    /** @param {EmscriptenModule} module */
    preRun({ FS, ENV }) {
      const library = `/pyem/lib/python${minor}`;
      FS.mkdirTree(library);
      FS.mount(FS.filesystems.NODEFS, { root: process.env['PYEM_LIB'] ?? '' }, library);
      ENV['PYTHONHOME'] = '/pyem';
    },
  });
  ended('run-time initialisation');
  if (snapshot) {
    restoreSnapshot(python, snapshot, { inspected: true });
    ended('restore');
    reseed(python);
    ended('reseed');
  } else {
    if (python['_python_start']() !== 0) throw new Error('Python did not start');
    ended('Python');
  }
  run(python, source);
  ended('first statement');
  run(python, 'import sys; sys.stdout.flush()');
  fs.writeSync(2, steps());
}

main();
