// node dispatch-node.mjs FOLDER SIZE: dispatch measured in Node, as JSON. SIZE is JSON, too: dispatch.mjs.

import fs from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { measureDispatch } from './dispatch.mjs';

const [folder = '', size = ''] = process.argv.slice(2);
const file = (/** @type {string} */ name) => path.join(folder, name);
const measured = await measureDispatch(
  (name) => import(pathToFileURL(file(name)).href),
  async (name) => new Uint8Array(await fs.readFile(file(name))),
  JSON.parse(size),
);
process.stdout.write(JSON.stringify(measured));
