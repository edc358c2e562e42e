// node start-floor-node.cjs FOLDER SNAPSHOT INFO: the least that a restored start can be in Node: an instance of FOLDER's
// module, and the pages of SNAPSHOT in its memory. INFO is JSON: where they go. Standard error gets the steps.

import fs from 'node:fs';
import { copyPages, instantiate } from './floor.mjs';
import { ended, steps } from './steps.mjs';

const [folder = '', file = '', info = ''] = process.argv.slice(2);

async function main() {
  ended('modules of the driver');
  const compiling = WebAssembly.compile(fs.readFileSync(`${folder}/python.wasm`));
  const snapshot = fs.readFileSync(file);
  ended('files read');
  const module = await compiling;
  ended('compilation');
  const instance = instantiate(module);
  ended('instance');
  copyPages(instance, snapshot, JSON.parse(info));
  ended('copy');
  fs.writeSync(2, steps());
}

main();
