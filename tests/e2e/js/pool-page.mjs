// A pool in a page. The address says what is tested: ?ends, how calls end; ?share=1&calls=10, what they leave behind, by so
// many of the actions and calls. The title says the result.

import { createPool } from '../../../npm/pool/index.mjs';
import { leftBehind } from './left-behind.mjs';
import { endInEachWay } from './pool-ends.mjs';

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
  /** @param {Partial<import('../../../npm/pool/index.mjs').PoolOptions>} [options] */
  const create = (options = {}) =>
    createPool({
      glue: '../../../python/python.mjs',
      wasm,
      snapshot,
      files: { [`/pyem/lib/python${minor.replace('.', '')}.zip`]: library },
      size: 1,
      timeout: 60_000,
      memory: 96 * 1024 * 1024,
      ...options,
    });
  const { searchParams } = new URL(location.href);
  if (searchParams.has('ends')) {
    return endInEachWay((options) => create({ glue: '../../../python/deadly.mjs', ...options }), leave.join('\n'));
  }
  const pool = await create({ verify: true });
  const progress = setInterval(() => {
    output.textContent = JSON.stringify(pool.statistics);
  }, 1000);
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
