// node pyodide-run.mjs PYODIDE-FOLDER FILES SIZE: measures, also in Bun, and prints JSON. SIZE is as in an address.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { attach } from '../../npm/attach/index.mjs';
import { measure, OPTIONS } from './pyodide.mjs';

const [folder = '', files = '', size] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(resolve(folder, 'pyodide.mjs')).href);
const pyodide = await loadPyodide({ ...OPTIONS, indexURL: `${resolve(folder)}/` });
const found = measure(pyodide, attach, JSON.parse(readFileSync(files, 'utf8')), new URLSearchParams(size));
process.stdout.write(`${found}\n`);
