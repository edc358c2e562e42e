// Each way in which a call or a worker ends, and the call after it: for every engine, so without Node's modules.

import { CODES } from '../../../npm/pool/index.mjs';

/** @typedef {import('../../../npm/pool/index.mjs').Pool} Pool */
/** @typedef {import('../../../npm/pool/index.mjs').PoolOptions} PoolOptions */
/** @typedef {import('../../../npm/pool/index.mjs').CallOptions} CallOptions */
/** With the glue code of deadly.mjs. @typedef {(options?: Partial<PoolOptions>) => Promise<Pool>} Create */

/** @param {string} what @param {unknown} found @param {unknown} expected */
function same(what, found, expected) {
  const [one, other] = [found, expected].map((value) => JSON.stringify(value));
  if (one !== other) throw new Error(`${what}: ${one} instead of ${other}`);
}

/** @param {Pool} pool @param {string} after */
async function isFresh(pool, after) {
  const answer = await pool.run('[1 + 1, "evil" in dir()]');
  same(`after ${after}`, answer, { value: [2, false], stdout: '', stderr: '' });
}

/** @param {string} what @param {Promise<unknown>} promise @param {RegExp} message */
async function refused(what, promise, message) {
  const error = await promise.then(() => undefined, Object);
  same(`${what}: ${error?.message}`, [error?.name, error?.code], ['PoolError', 'set-up']);
  if (!message.test(error.message)) throw new Error(`${what}: ${error.message}`);
}

/**
 * Ends calls with each code, workers before, in and after a call.
 *
 * @param {Create} create
 * @param {string} leave leave_behind.py and end_badly.py
 * @returns {Promise<string[]>} the codes
 */
export async function endInEachWay(create, leave) {
  const act = (/** @type {string} */ action) => `${leave}\nACTIONS['${action}']()`;
  /** @type {[string, string, string, CallOptions?][]} */
  const ends = [
    ['an exception', 'python', '1/0'],
    ['a syntax error', 'python', 'print("x'],
    ['deep recursion', 'python', act('recursion')],
    ['a thread', 'python', act('thread')],
    ['sys.exit', 'exit', act('exits')],
    ['os._exit', 'exit', act('exits_at_once')],
    ['a signal', 'exit', act('killed')],
    ['MemoryError', 'memory', act('all_memory'), { memory: 64 * 1024 * 1024 }],
    ['an object', 'value', 'object()'],
    ['NaN', 'value', 'float("nan")'],
    ['a loop in Python', 'timeout', 'while True: pass', { timeout: 300 }],
    ['a loop in C', 'timeout', 'sum(range(10**12))', { timeout: 300 }],
    ['sleep', 'timeout', 'import time; time.sleep(1000)', { timeout: 300 }],
    ['deep recursion in C', 'stack', act('native_stack')],
    ['a trap', 'trap', act('trap')],
    ['a spoiled answer', 'no-answer', 'import os; os.open("/dev/pyem-call", os.O_WRONLY); os.write(3, b"evil")'],
    ['a worker that ends', 'died', 'import mismatched; mismatched.mark()'],
  ];
  const pool = await create();
  const seen = new Set();
  for (const [what, expected, source, options] of ends) {
    const { error } = await pool.run(source, options);
    same(`${what}: ${error?.message}`, error?.code, expected);
    seen.add(error?.code);
    await isFresh(pool, what);
  }
  const full = await create({ queue: 0 });
  const running = [pool, full].map((each) => each.run('while True: pass'));
  seen.add((await full.run('1')).error?.code);
  const waiting = pool.run('1');
  full.close();
  pool.close();
  for (const answer of [...running, waiting, pool.run('1')]) seen.add((await answer).error?.code);

  await refused('prepare that fails', create({ prepare: '1/0' }), /prepare failed: Traceback/);
  const late = /no instance could be made: it did not start within 500 ms, the pool's option startTimeout/;
  const startTimeout = 500;
  await Promise.all([
    refused('prepare without an end', create({ startTimeout, prepare: 'while True: pass' }), late),
    refused('glue that never resolves', create({ startTimeout, options: { hangs: [1] } }), late),
  ]);
  seen.add('set-up');
  same('codes', [...seen].sort(), [...CODES].sort());

  // The call that waits runs in another worker.
  const ending = await create({ options: { deed: 'end late' } });
  const [first, second] = await Promise.all([ending.run('import os; os.getuid()'), ending.run('1 + 1')]);
  same('a worker that ends after its answer', [first.value, second.value ?? second.error], [0, 2]);
  same('what was replaced', ending.statistics.replaced, { died: 1 });
  ending.close();
  return [...seen];
}
