// node demo-snapshot.mjs FOLDER BUILD: starts the demo's program and takes its snapshot.

import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { takeSnapshot } from '../../npm/snapshot/index.mjs';

const [folder = '', pyemBuild = ''] = process.argv.slice(2);
// The program posts Python's output, as from a worker.
Object.assign(globalThis, { postMessage: () => {} });
const { default: createDemo } = await import(pathToFileURL(path.join(folder, 'demo.mjs')).href);
const demo = await createDemo({
  pyemBuild,
  noExitRuntime: true,
  /** @param {Record<string, any>} instance */
  preRun({ FS, ENV }) {
    FS.mkdirTree('/pyem/lib/python3.13');
    FS.writeFile('/pyem/lib/python313.zip', fs.readFileSync(path.join(folder, 'python313.zip')));
    ENV.PYTHONHOME = '/pyem';
  },
});
demo.start();
demo.request('about', '');
demo._run();
demo.answer();
fs.writeFileSync(path.join(folder, 'python.snapshot'), takeSnapshot(demo));
