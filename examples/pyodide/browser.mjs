// npm install pyodide ./pyem-trampoline-0.1.0.tgz esbuild; mkdir site; cp node_modules/pyodide/* site
// npx esbuild browser.mjs --bundle --format=esm --external:node:* --outfile=site/bundle.mjs
// The bundle is a module for a page or for a worker.

import { loadPyodide } from 'pyem-trampoline/pyodide';

const pyodide = await loadPyodide();
const called = pyodide.runPython('[1, 2, 2].count(2)');
const text = `Python called ${called} by ${Reflect.get(pyodide, '_module').pyemTrampoline.path}`;
if ('document' in globalThis) document.body.append(text);
else postMessage(text);
