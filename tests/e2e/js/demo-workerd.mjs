// The demo's program in workerd, restored from what Node took while the Worker starts. Answers with a report.

import adaptor from './adaptor.wasm';
import module from './demo.wasm';
import { open, use } from './demo-program.mjs';
import { reseed, restoreSnapshot } from './snapshot/index.mjs';
import stdlib from './stdlib.zip';
import snapshot from './used.snapshot';

/** @type {string[]} */
const output = [];
Object.assign(globalThis, {
  postMessage: (/** @type {{ output: [string, string][] }} */ message) => output.push(...message.output.flat()),
});
const program = await open({ module, stdlib, adaptor });
restoreSnapshot(program.demo, snapshot);

export default {
  async fetch() {
    reseed(program.demo);
    const found = await use(program, snapshot);
    return new Response(JSON.stringify({ output, ...found }));
  },
};
