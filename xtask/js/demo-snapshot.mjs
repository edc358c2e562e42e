// node demo-snapshot.mjs FOLDER BUILD SOURCE: starts the demo's program, runs SOURCE, takes its snapshot, and lists in
// `read.json` which files of `library` it has read until then.

import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { mountLibrary } from '../../demo/page/library.mjs';
import { prepareReseed, takeSnapshot } from '../../npm/snapshot/index.mjs';

const [folder = '', pyemBuild = '', source = ''] = process.argv.slice(2);
const library = path.join(folder, 'library');
const files = fs.readdirSync(library, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
const names = files.map((entry) => path.relative(library, path.join(entry.parentPath, entry.name))).sort();
/** @type {import('../../demo/page/library.mjs').LibraryIndex} */
const index = Object.fromEntries(names.map((name) => [name, [[name, fs.statSync(path.join(library, name)).size]]]));
/** @type {string[]} */
const wasRead = [];

// The program posts Python's output, as from a worker.
Object.assign(globalThis, { postMessage: () => {} });
const { default: createDemo } = await import(pathToFileURL(path.join(folder, 'demo.mjs')).href);
const demo = await createDemo({
  pyemBuild,
  noExitRuntime: true,
  /** @param {Record<string, any>} instance */
  preRun({ FS, ENV }) {
    mountLibrary(
      FS,
      () => index,
      (name) => {
        wasRead.push(name);
        return fs.readFileSync(path.join(library, name));
      },
    );
    ENV.PYTHONHOME = '/pyem';
  },
});
demo.start();
for (const [name, argument] of [
  ['push', source],
  ['about', ''],
]) {
  demo.request(name, argument);
  demo._run();
  demo.answer();
}
prepareReseed(demo);
fs.writeFileSync(path.join(folder, 'python.snapshot'), takeSnapshot(demo));
fs.writeFileSync(path.join(folder, 'read.json'), JSON.stringify(wasRead));
