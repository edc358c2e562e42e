// node run.mjs PYODIDE-FOLDER: methodcaller.mjs, also in Deno and Bun.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as door from '../../../npm/audit/index.mjs';
import { methodcaller } from './methodcaller.mjs';

const [folder = ''] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(resolve(folder, 'pyodide.mjs')).href);
await methodcaller(() => loadPyodide({ indexURL: `${resolve(folder)}/` }), door);
process.stdout.write('right: methodcaller\n');
