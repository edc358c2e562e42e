// npm install pyodide ./pyem-trampoline-0.1.0.tgz; node main.mjs

import { attach } from 'pyem-trampoline/attach';
import { loadPyodide } from 'pyodide';

const pyodide = await loadPyodide();
const trampoline = attach(pyodide);
pyodide.runPython('print("Python called", [1, 2, 2].count(2))');
process.stdout.write(`by ${trampoline.path}\n`);
