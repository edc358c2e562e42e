// Measures in a worker what the address says: ?version=314&path=wasm-gc&…. The files lie as in the project.

import { attach } from '../../npm/attach/index.mjs';
import { measure, OPTIONS } from './pyodide.mjs';

const { searchParams } = new URL(location.href);
try {
  const { loadPyodide } = await import(`../../pyodide-${searchParams.get('version')}/pyodide.mjs`);
  const files = await (await fetch('files.json')).json();
  const output = measure(await loadPyodide(OPTIONS), attach, files, searchParams);
  postMessage({ exit: 0, output });
} catch (error) {
  postMessage({ exit: 1, output: `${error} ${Object(error).stack}` });
}
