// node rejected.mjs FOLDER ADDRESSES: the demo page's worker, in Node. 300 statements wait for promises that are
// rejected. Prints how deep Python can call before and after, the errors by their last line, and 1 + 1.

import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import zlib from 'node:zlib';

const [folder = '', addresses = '[]'] = process.argv.slice(2);
/** @type {string[]} */
const kinds = JSON.parse(addresses);

/** @type {(event: { data: unknown }) => void} */
let send;
let printed = '';
/** @type {(answer: any) => void} */
let receive;
Object.assign(globalThis, {
  /** @param {string} type @param {typeof send} listener */
  addEventListener: (type, listener) => {
    if (type === 'message') send = listener;
  },
  /** @param {any} message */
  postMessage: (message) => {
    if (!message.output) return receive(message);
    for (const [, text] of message.output) printed += text;
  },
});
await import(pathToFileURL(path.join(folder, 'python/worker.js')).href);

/** @param {string} method @param {unknown[]} given @returns {Promise<any>} what it printed */
async function call(method, ...given) {
  printed = '';
  const answer = await new Promise((resolve) => {
    receive = resolve;
    send({ data: { id: 0, method, given } });
  });
  return 'result' in answer ? printed : JSON.stringify(answer);
}

/** @param {string} source */
const push = (source) => call('askSuspending', 'push', source);

/** @param {string} name */
const read = (name) => zlib.gunzipSync(fs.readFileSync(path.join(folder, `${name}.bin`)));
const assets = {
  module: await WebAssembly.compile(read('demo.wasm')),
  upstream: null,
  index: JSON.parse(read('library.json').toString()),
  library: read('library/start'),
  snapshot: new Uint8Array(read('python.snapshot')).buffer,
  ...JSON.parse(fs.readFileSync(path.join(folder, 'manifest.json'), 'utf8')),
};
await call('open', assets, {});
await push('import suspend\n');
await push('def depth(n=0):\n    try: return depth(n + 1)\n    except RecursionError: return n\n');
const before = await push('depth()');
/** @type {Record<string, number>} */
const errors = {};
for (let turn = 0; turn < 300; turn++) {
  const text = await push(`suspend.fetch(${JSON.stringify(kinds[turn % kinds.length])})`);
  const error = text.trim().split('\n').at(-1) ?? '';
  errors[error] = (errors[error] ?? 0) + 1;
}
const after = await push('depth()');
process.stdout.write(JSON.stringify({ before, after, sum: await push('1 + 1'), errors }));
process.exit(0);
