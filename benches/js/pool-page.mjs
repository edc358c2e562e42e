// What a fresh Python costs in this browser: ?ROUNDS. The title says when the page's text is the result, as JSON.

import { measure } from './pool-times.mjs';

/** @param {string} file */
async function get(file) {
  const response = await fetch(`../../python/${file}`);
  if (!response.ok) throw new Error(`${file}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

try {
  const [minor, wasm, snapshot, library] = await Promise.all([
    get('python.minor'),
    get('python.wasm'),
    get('python.snapshot'),
    get('library.zip'),
  ]);
  const name = `/pyem/lib/python${new TextDecoder().decode(minor).replace('.', '')}.zip`;
  const glue = new URL('../../python/python.mjs', location.href).href;
  const times = await measure({ glue, wasm, snapshot, files: { [name]: library } }, Number(location.search.slice(1)));
  document.body.textContent = JSON.stringify(times);
  document.title = 'measured';
} catch (error) {
  document.body.textContent = `${error} ${Object(error).stack}`;
  document.title = 'failed';
}
