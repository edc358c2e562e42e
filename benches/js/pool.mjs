// node pool.mjs FOLDER ROUNDS: milliseconds of `pool.run('1+1')`, of an idle pool of one instance and of one that is
// never idle, and for each of many calls on two instances. Prints JSON: a list of each.

import fs from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { createPool } from '../../npm/pool/index.mjs';

const [folder = '', rounds = '1'] = process.argv.slice(2);
const minor = fs.readFileSync(`${folder}/python.minor`, 'utf8').replace('.', '');
const AT_ONCE = 100;
/** As long as setting back takes, and more. */
const IDLE_MS = 8;

/** @param {number} size */
const create = (size) =>
  createPool({
    glue: pathToFileURL(`${folder}/python.mjs`),
    wasm: fs.readFileSync(`${folder}/python.wasm`),
    snapshot: fs.readFileSync(`${folder}/python.snapshot`),
    files: { [`/pyem/lib/python${minor}.zip`]: fs.readFileSync(`${folder}/library.zip`) },
    size,
  });

/** @param {() => Promise<unknown>} work */
async function time(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** @param {import('../../npm/pool/index.mjs').Pool} pool */
async function call(pool) {
  const { value } = await pool.run('1+1');
  if (value !== 2) throw new Error(`1+1 is ${value}`);
}

const [one, two] = await Promise.all([create(1), create(2)]);
const many = () => Promise.all(Array.from({ length: AT_ONCE }, () => call(two)));
// Engines compile what is called often.
for (let warm = 0; warm < 50; warm++) await call(one);
await many();
/** @type {Record<'idle' | 'busy' | 'two', number[]>} */
const times = { idle: [], busy: [], two: [] };
for (let round = 0; round < Number(rounds); round++) {
  await pause(IDLE_MS);
  times.idle.push(await time(() => call(one)));
  await pause(IDLE_MS);
  await call(one);
  times.busy.push(await time(() => call(one)));
  if (round % 10 === 0) times.two.push((await time(many)) / AT_ONCE);
}
one.close();
two.close();
process.stdout.write(JSON.stringify(times));
