// A pool in a page: what calls leave behind, and calls that are stopped. The address says how much of it is tested:
// ?share=1&calls=10. The title says the result.

import { createPool } from '../../../npm/pool/index.mjs';
import { leftBehind } from './left-behind.mjs';

const output = /** @type {HTMLElement} */ (document.getElementById('output'));

/** @param {string} file */
const get = async (file) => {
  const response = await fetch(file);
  if (!response.ok) throw new Error(`${file}: ${response.status}`);
  return response;
};
const bytes = async (/** @type {string} */ file) => new Uint8Array(await (await get(file)).arrayBuffer());
const text = async (/** @type {string} */ file) => (await get(file)).text();

async function test() {
  const [wasm, snapshot, library] = await Promise.all(
    ['python.wasm', 'python.snapshot', 'library.zip'].map((name) => bytes(`../../../python/${name}`)),
  );
  const [minor = '', find = '', ...leave] = await Promise.all(
    [
      '../../../python/python.minor',
      '../cpython/found.py',
      '../cpython/leave_behind.py',
      '../cpython/leave_hidden.py',
      '../cpython/end_badly.py',
    ].map(text),
  );
  if (!wasm || !snapshot || !library) throw new Error('the interpreter is not there');
  const pool = await createPool({
    glue: '../../../python/python.mjs',
    wasm,
    snapshot,
    files: { [`/pyem/lib/python${minor.replace('.', '')}.zip`]: library },
    size: 1,
    timeout: 60_000,
    memory: 96 * 1024 * 1024,
    verify: true,
  });
  const progress = setInterval(() => {
    output.textContent = JSON.stringify(pool.statistics);
  }, 1000);
  for (const source of ['while True: pass', 'sum(range(10**12))']) {
    const { error } = await pool.run(source, { timeout: 500 });
    if (error?.code !== 'timeout') throw new Error(`${source}: ${JSON.stringify(error)}`);
  }
  const { searchParams } = new URL(location.href);
  const [share, calls] = ['share', 'calls'].map((name) => Number(searchParams.get(name)));
  const seen = await leftBehind(pool, leave.join('\n'), find, Date.now() % 1_000_000, calls ?? 0, share);
  clearInterval(progress);
  pool.close();
  return seen;
}

try {
  output.textContent = JSON.stringify(await test());
  document.title = 'right';
} catch (error) {
  output.textContent = `${error} ${Object(error).stack}`;
  document.title = 'wrong';
}
