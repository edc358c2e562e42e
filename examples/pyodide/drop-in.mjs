// npm install pyodide ./pyem-trampoline-0.1.0.tgz; node drop-in.mjs

import { loadPyodide, version } from 'pyem-trampoline/pyodide';

const pyodide = await loadPyodide();
pyodide.runPython('print("Python called", [1, 2, 2].count(2))');
process.stdout.write(`in Pyodide ${version} by ${Reflect.get(pyodide, '_module').pyemTrampoline.path}\n`);
