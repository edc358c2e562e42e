// node python.mjs FOLDER [ARGUMENT…]: the `python` command in FOLDER, run in Node.

import { runPython } from './run.mjs';

const [folder, ...args] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node python.mjs FOLDER [ARGUMENT…]');
await runPython(folder, args);
