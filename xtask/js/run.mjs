// Runs an emscripten CPython in Node like the `python` command.
//
// PYEM_LIB names the standard library: its folder, or a file of pack_stdlib.py. PYEM_PATH forces a path of the trampoline,
// PYEM_INSTALL=first-miss hides the archive's data from the hook, which then works at the first miss.

import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { attachConsole } from './console.mjs';

const PYTHON_HOME = '/pyem';
/** Folders that the program has of its own, or that make no sense in it. */
const NOT_MOUNTED = new Set(['dev', 'proc', 'sys', 'lib', 'pyem']);

/**
 * Mounts the machine's files where they are, so that paths mean the same inside.
 *
 * @param {EmscriptenModule} module
 * @param {string} minor what Python's library is named by
 */
function mountFiles(module, minor) {
  const { FS } = module;
  const { NODEFS } = FS.filesystems;
  for (const entry of fs.readdirSync('/', { withFileTypes: true })) {
    const folder = `/${entry.name}`;
    if (NOT_MOUNTED.has(entry.name) || !fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) continue;
    FS.mkdirTree(folder);
    FS.mount(NODEFS, { root: folder }, folder);
  }
  const library = process.env['PYEM_LIB'];
  if (!library) throw new Error('PYEM_LIB does not name the standard library');
  const lib = `${PYTHON_HOME}/lib`;
  FS.mkdirTree(`${lib}/python${minor}`);
  if (library.endsWith('.zip')) FS.writeFile(`${lib}/python${minor.replace('.', '')}.zip`, fs.readFileSync(library));
  else FS.mount(NODEFS, { root: library }, `${lib}/python${minor}`);
  FS.chdir(process.cwd());
}

/** @param {EmscriptenModule} module @param {NodeJS.ProcessEnv} environment */
function passEnvironment(module, environment) {
  Object.assign(module.ENV, environment, { PYTHONHOME: PYTHON_HOME });
  // It is the machine's, and would be searched for the prefix.
  delete module.ENV['PATH'];
}

/**
 * Creates an instance with the machine's files, streams and environment.
 *
 * @param {string} folder of python.mjs, python.wasm and python.minor
 * @param {Record<string, unknown>} options of the module
 * @param {NodeJS.ProcessEnv} [environment]
 * @returns {Promise<Record<string, any>>}
 */
export async function createPython(folder, options, environment = process.env) {
  const { default: create } = await import(pathToFileURL(path.join(folder, 'python.mjs')).href);
  const minor = fs.readFileSync(path.join(folder, 'python.minor'), 'utf8');
  const { PYEM_PATH, PYEM_INSTALL } = process.env;
  const all = {
    thisProgram: 'python',
    pyemTrampolineOptions: PYEM_PATH ? { path: PYEM_PATH } : {},
    preRun: [
      attachConsole,
      (/** @type {EmscriptenModule} */ m) => mountFiles(m, minor),
      (/** @type {EmscriptenModule} */ m) => passEnvironment(m, environment),
    ],
    /** @param {number} code @param {unknown} [exit] */
    quit(code, exit) {
      process.exitCode = code;
      if (exit) throw exit;
    },
    ...options,
  };
  if (!PYEM_INSTALL) return create(all);
  const { relocateLate } = await import('./relocate-late.mjs');
  return create(relocateLate(all, path.join(folder, 'python.wasm')));
}

/**
 * Runs what starts and calls an interpreter; leaves its exit code in `process.exitCode`.
 *
 * @param {() => Promise<void>} program
 */
export async function untilExit(program) {
  try {
    await program();
  } catch (error) {
    // An orderly exit is thrown too.
    if (Object(error).name === 'ExitStatus') return;
    process.exitCode ||= 1;
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error) : error}\n`);
  }
}

/**
 * Starts an interpreter and runs it to its end.
 *
 * @param {string} folder of python.mjs and python.wasm
 * @param {string[]} args
 * @param {Record<string, unknown>} [more] options of the module
 */
export async function runPython(folder, args, more = {}) {
  await untilExit(async () => {
    await createPython(folder, { arguments: args, ...more });
  });
}
