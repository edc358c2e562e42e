// The demo's program in a page's worker, restored from what Node took. Posts what it prints, then a report.

import './worker-errors.js';
import { open, use } from './demo-program.mjs';
import { reseed, restoreSnapshot } from './snapshot/index.mjs';

/** @param {string} name */
const file = async (name) => (await fetch(name)).arrayBuffer();

const snapshot = await file('used.snapshot');
const module = await WebAssembly.compile(await file('demo.wasm'));
const program = await open({ module, stdlib: await file('stdlib.zip') });
restoreSnapshot(program.demo, snapshot);
reseed(program.demo);
postMessage({ report: await use(program, snapshot) });
