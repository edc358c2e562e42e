// node run.mjs PYODIDE-FOLDER SIDE-MODULE CASE: one cell of the table of Pyodides and engines, also in Deno and Bun.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { attach } from '../../../npm/attach/index.mjs';
import { everyPath, install } from './case.mjs';
import { suspends } from './jspi.mjs';

const [folder = '', sideModule = '', text = '{}'] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(resolve(folder, 'pyodide.mjs')).href);
const pyodide = await loadPyodide({ indexURL: `${resolve(folder)}/` });
const source = readFileSync(new URL('test_attached.py', import.meta.url), 'utf8');
install(pyodide, new Uint8Array(readFileSync(sideModule)), source);
const expect = JSON.parse(text);
if (expect.suspends) {
  const unhandled = new Promise((resolve) => process.once('unhandledRejection', resolve));
  const waits = readFileSync(new URL('suspend.py', import.meta.url), 'utf8');
  await suspends(pyodide, attach, expect.forced, waits, unhandled);
} else {
  everyPath(pyodide, attach, expect);
}
process.stdout.write(`right: Pyodide ${pyodide.version}\n`);
