// node run.mjs PYODIDE-FOLDER SIDE-MODULE TASK EXPECTED: a task of tasks.mjs, also in Deno and Bun.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { perform } from './tasks.mjs';

const [folder = '', sideModule = '', task = '', expected = 'null'] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(resolve(folder, 'pyodide.mjs')).href);

/** @type {import('./case.mjs').Host} */
const host = {
  load: (options) => loadPyodide({ indexURL: `${resolve(folder)}/`, ...options }),
  read: async (file) =>
    new Uint8Array(readFileSync(file === 'mismatched.so' ? sideModule : new URL(file, import.meta.url))),
  unhandled: new Promise((resolve) => process.once('unhandledRejection', resolve)),
  elsewhere: (other) =>
    new Promise((done, failed) => {
      const worker = new Worker(new URL(import.meta.url), { argv: [folder, sideModule, other], stdout: true });
      worker.on('error', failed);
      worker.on('exit', (code) => (code === 0 ? done(code) : failed(new Error(`the worker ended with ${code}`))));
    }),
};
process.stdout.write(`${await perform(host, task, JSON.parse(expected))}\n`);
