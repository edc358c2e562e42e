// The demo's program in a page's worker, restored from what Node took. Posts what it prints, then a report.

import { open, use } from './demo-program.mjs';
import { reseed, restoreSnapshot } from './snapshot/index.mjs';

const [wasm, stdlib, snapshot] = await Promise.all(
  ['demo.wasm', 'stdlib.zip', 'used.snapshot'].map(async (name) => (await fetch(name)).arrayBuffer()),
);
if (!wasm || !stdlib || !snapshot) throw new Error('a file is missing');
const program = await open({ module: await WebAssembly.compile(wasm), stdlib });
restoreSnapshot(program.demo, snapshot);
reseed(program.demo);
postMessage({ report: await use(program, snapshot) });
