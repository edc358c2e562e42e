// node demo-node.mjs take | restore: snapshots of the demo's program in this folder: `unused.snapshot`, and
// `used.snapshot` of one that has printed. Prints JSON.

import fs from 'node:fs';
import { open, refusal, take, use } from './demo-program.mjs';
import { reseed, restoreSnapshot } from './snapshot/index.mjs';

const read = (/** @type {string} */ name) => fs.readFileSync(new URL(name, import.meta.url));
const parts = { module: new WebAssembly.Module(read('demo.wasm')), stdlib: read('stdlib.zip') };

/** What the program posts, as from a worker. @type {string[]} */
let output = [];
Object.assign(globalThis, {
  postMessage: (/** @type {{ output: [string, string][] }} */ message) => output.push(...message.output.flat()),
});

async function takeBoth() {
  const { unused, used, withAnObject } = await take(parts);
  for (const [name, bytes] of Object.entries({ unused, used })) {
    fs.writeFileSync(new URL(`${name}.snapshot`, import.meta.url), bytes);
  }
  return { output, withAnObject };
}

async function restore() {
  const used = read('used.snapshot');
  const program = await open(parts);
  restoreSnapshot(program.demo, used);
  reseed(program.demo);
  const found = await use(program, used);
  const restored = { output, ...found };
  // A table of values that grew cannot shrink; the program goes on.
  output = [];
  const overUsed = refusal(() => restoreSnapshot(program.demo, read('unused.snapshot')));
  program.push('print(kept)');
  return { ...restored, overUsed: { refusal: overUsed, output } };
}

process.stdout.write(JSON.stringify(await (process.argv[2] === 'take' ? takeBoth() : restore())));
