// node wheels.mjs PYODIDE-FOLDER WHEELS-FOLDER: wheels from PyPI say the same before, while and after it is attached.

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { attach } from '../../../npm/attach/index.mjs';
import { ensure } from './case.mjs';

const [folder = '', wheels = ''] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(resolve(folder, 'pyodide.mjs')).href);
const pyodide = await loadPyodide({ indexURL: `${resolve(folder)}/` });
for (const wheel of readdirSync(wheels)) {
  pyodide.unpackArchive(new Uint8Array(readFileSync(join(wheels, wheel))), 'wheel');
}
pyodide.FS.writeFile('/home/pyodide/wheels.py', readFileSync(new URL('wheels.py', import.meta.url), 'utf8'));
const { run } = pyodide.pyimport('wheels');
const names = ['bitarray', 'xxhash', 'msgpack', 'simplejson', 'apsw'];
for (const name of names) {
  const stock = run(name);
  const trampoline = attach(pyodide);
  const attached = run(name);
  const resolved = trampoline.resolutions[trampoline.path ?? 'probe'];
  trampoline.detach();
  const lines = stock.split('\n');
  const wrong = lines.filter((/** @type {string} */ line) => line.endsWith(" wrong'"));
  ensure(lines.length > 5 && wrong.length < lines.length / 20, `${name} by itself: ${stock}`);
  ensure(resolved > 0, `${name}: nothing was resolved`);
  ensure(attached === stock, `${name}: attached\n${attached}\nand stock\n${stock}`);
  process.stdout.write(`${name}: ${lines.length} lines, ${wrong.length} wrong without it too, ${resolved} functions\n`);
}
process.stdout.write('right: wheels\n');
