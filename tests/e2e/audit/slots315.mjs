// node slots315.mjs PYODIDE-FOLDER SLOTS315.SO: what 3.15's slots describe is found like everything else.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { audit, auditPackages, repair } from '../../../npm/audit/index.mjs';
import { ensure } from '../attach/case.mjs';

const [folder = '', sideModule = ''] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(resolve(folder, 'pyodide.mjs')).href);
const pyodide = await loadPyodide({ indexURL: `${resolve(folder)}/` });
const bytes = new Uint8Array(readFileSync(sideModule));
pyodide.FS.writeFile('/home/pyodide/slots315.so', bytes);
pyodide.runPython('import gc; gc.disable(); import slots315');

const found = async () => {
  const { findings } = await audit(pyodide, { modules: ['slots315'], all: true });
  return findings.map(({ module, name, slot, verdict }) => `${module} ${name} ${slot} ${verdict}`).sort();
};
const wanted = [
  'slots315  m_clear traps',
  'slots315  m_free traps',
  'slots315 Type tp_iternext traps',
  'slots315 method METH_NOARGS handled',
];
ensure(`${await found()}` === `${wanted}`, `${await found()}`);
const { mended } = await repair(pyodide);
ensure(mended.filter(({ module }) => module === 'slots315').length === 3, 'mended');
const counts = pyodide.runPython('slots315.counts()');
pyodide.runPython(`
import sys
for _ in slots315.Type():
    pass
slots315.method()
del sys.modules['slots315']
# It keeps the module until it is cleared itself.
later = slots315.itself = [slots315]
later.append(later)
del slots315, later
gc.collect()
`);
const called = [...new Uint32Array(pyodide._module.HEAPU8.buffer, counts, 4)];
ensure(
  called.every((count) => count > 0),
  `${called}`,
);

// The same as a package.
const load = () => loadPyodide({ indexURL: `${resolve(folder)}/` });
const { packages } = await auditPackages(load, [{ name: 'slots315', files: { 'slots315.so': bytes } }]);
const audited = packages.map(({ modules, findings }) => `${modules}: ${findings.length}`);
ensure(`${audited}` === 'slots315: 4', `${audited}`);
process.stdout.write('right: slots315\n');
