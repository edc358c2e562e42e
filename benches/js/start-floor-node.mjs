// node start-floor-node.mjs FOLDER SNAPSHOT INFO: the least that a restored start can be in Node: an instance of FOLDER's
// module, and the pages of SNAPSHOT in its memory. INFO is JSON: where they go. The steps are written to PYEM_STEPS.

import fs from 'node:fs';
import { performance } from 'node:perf_hooks';
import { copyPages, instantiate } from './floor.mjs';

const [folder = '', file = '', info = ''] = process.argv.slice(2);
const ended = (/** @type {string} */ step) => performance.mark(step);
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
const steps = performance.getEntriesByType('mark').map(({ name, startTime }) => [name, startTime]);
const { bootstrapComplete } = performance.nodeTiming;
fs.writeFileSync(
  process.env['PYEM_STEPS'] ?? '',
  JSON.stringify(
    [['Node', bootstrapComplete], ...steps].map(([name, at]) => [name, performance.timeOrigin + Number(at)]),
  ),
);
