// node waits.mjs PYODIDE-FOLDER WAITS.SO: Python suspends under an adapter, with the stock trampoline and with ours.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { attach } from '../../../npm/attach/index.mjs';
import { audit, repair } from '../../../npm/audit/index.mjs';
import { ensure } from '../attach/case.mjs';

const WAIT = `
import waits
from js import Promise, setTimeout
from pyodide.ffi import can_run_sync, create_once_callable, run_sync

def wait():
    def start(resolve, _reject):
        setTimeout(create_once_callable(lambda: resolve('waited')), 1)
    return run_sync(Promise.new(create_once_callable(start)))

class Later(waits.Waits):
    pass

assert can_run_sync()
waits.set_callback(wait)
[next(waits.Waits()), next(Later()), waits.Waits().__next__()] == ['waited'] * 3
`;

const [folder = '', sideModule = ''] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(resolve(folder, 'pyodide.mjs')).href);
for (const attachedFirst of [false, true]) {
  const pyodide = await loadPyodide({ indexURL: `${resolve(folder)}/` });
  pyodide.FS.writeFile('/home/pyodide/waits.so', new Uint8Array(readFileSync(sideModule)));
  pyodide.runPython('import waits');
  const first = attachedFirst ? attach(pyodide) : undefined;
  const { mended } = await repair(pyodide, (await audit(pyodide, { modules: ['waits'] })).findings);
  ensure(mended.length === 1, 'tp_iternext');
  ensure((await pyodide.runPythonAsync(WAIT)) === true, `with ${first ? 'our' : 'the stock'} trampoline`);
  const trampoline = first ?? attach(pyodide);
  ensure((await pyodide.runPythonAsync(WAIT)) === true, 'with ours');
  const { findings } = await audit(pyodide, { modules: ['waits'] });
  ensure(findings.length === 0, 'and nothing is found');
  trampoline.detach();
  ensure((await pyodide.runPythonAsync(WAIT)) === true, 'detached');
}
process.stdout.write('right: it waited\n');
