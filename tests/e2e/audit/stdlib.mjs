// node stdlib.mjs PYODIDE-FOLDER: what is wrong in a stock Pyodide with its whole standard library imported.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { audit } from '../../../npm/audit/index.mjs';
import { ensure } from '../attach/case.mjs';

const IMPORT = `
import importlib, sys, warnings
warnings.simplefilter('ignore')
failed = set()
for name in sorted(sys.stdlib_module_names - {'antigravity', 'this'}):
    try:
        importlib.import_module(name)
    except ImportError as error:
        failed.add(name)
len(sys.stdlib_module_names) - len(failed)
`;

const [folder = ''] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(resolve(folder, 'pyodide.mjs')).href);
const pyodide = await loadPyodide({ indexURL: `${resolve(folder)}/` });
const imported = pyodide.runPython(IMPORT);
ensure(imported > 200, `${imported} modules of the standard library were imported`);
const before = pyodide._module.HEAPU8.length;
const { checked, python, findings, text } = await audit(pyodide, { all: true });
const grown = pyodide._module.HEAPU8.length - before;
ensure(grown === 0, `memory has grown by ${grown} bytes`);
ensure(checked > 25_000, `${checked} function pointers were compared`);
ensure(!text.includes('could not be compared'), text);
ensure(findings.length === text.split('\n').length - 3, 'a line each');
// The count depends on what is alive.
const table = text.replace(/^\d+ function pointers/m, 'function pointers').replace(/ +$/gm, '');
process.stdout.write(`Pyodide ${pyodide.version}, CPython ${python}\n${table}\n`);
