// node pool.mjs FOLDER ROUNDS: what a fresh Python costs. Prints JSON: a list of milliseconds for each case.

import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { measure } from './pool-times.mjs';

const [folder = '', rounds = '1'] = process.argv.slice(2);
const minor = fs.readFileSync(`${folder}/python.minor`, 'utf8').replace('.', '');
const python = {
  glue: pathToFileURL(`${folder}/python.mjs`).href,
  wasm: fs.readFileSync(`${folder}/python.wasm`),
  snapshot: fs.readFileSync(`${folder}/python.snapshot`),
  files: { [`/pyem/lib/python${minor}.zip`]: fs.readFileSync(`${folder}/library.zip`) },
};
process.stdout.write(JSON.stringify(await measure(python, Number(rounds))));
