// node pool.mjs FOLDER CASE [ARGUMENT…]: one case of the tests of pools, with the interpreter in FOLDER. Prints JSON, or
// fails with what was wrong.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { createPool } from '../../../npm/pool/index.mjs';
import { leftBehind, randomNumbers } from './left-behind.mjs';
import { endInEachWay } from './pool-ends.mjs';
import { refusals } from './pool-refuse.mjs';

/** @typedef {import('../../../npm/pool/index.mjs').PoolOptions} PoolOptions */

const [folder = '', name = '', ...given] = process.argv.slice(2);
const minor = fs.readFileSync(`${folder}/python.minor`, 'utf8').replace('.', '');
const library = { [`/pyem/lib/python${minor}.zip`]: fs.readFileSync(`${folder}/library.zip`) };
const python = (/** @type {string} */ file) => fs.readFileSync(new URL(`../cpython/${file}`, import.meta.url), 'utf8');

/** @param {Partial<PoolOptions>} [options] */
const create = (options = {}) =>
  createPool({
    glue: pathToFileURL(`${folder}/python.mjs`),
    wasm: fs.readFileSync(`${folder}/python.wasm`),
    snapshot: fs.readFileSync(`${folder}/python.snapshot`),
    files: library,
    size: 1,
    ...options,
  });

/** With glue code that does what no call can. @param {Partial<PoolOptions>} options */
const createDeadly = (options = {}) => create({ glue: pathToFileURL(`${folder}/deadly.mjs`), ...options });

const LIMITS = { timeout: 60_000, memory: 96 * 1024 * 1024 };
const leave = ['leave_behind.py', 'leave_hidden.py', 'end_badly.py'].map(python).join('\n');

/** @type {Record<string, () => Promise<unknown>>} */
const CASES = {
  /** What the next call finds of actions drawn at random, and all of memory. */
  async 'left-behind'() {
    const [seed = 0, calls = 0] = given.map(Number);
    const pool = await create({ ...LIMITS, verify: true });
    try {
      return await leftBehind(pool, leave, python('found.py'), seed, calls);
    } finally {
      pool.close();
    }
  },

  /** Each code, and the next call after it. */
  async ends() {
    return endInEachWay((options) => createDeadly({ ...LIMITS, ...options }), leave);
  },

  /** A worker that does not start in time, between two that do. A busy machine may need more than one attempt. */
  async 'late-start'() {
    const hangs = new Int32Array(new SharedArrayBuffer(4));
    const message = "it did not start within 2000 ms, the pool's option startTimeout";
    const attempt = async (
      /** @type {() => Promise<import('../../../npm/pool/index.mjs').Pool | undefined>} */ start,
    ) => {
      for (let count = 0; count < 20; count++) {
        const pool = await start().catch((error) => assert.match(error.message, new RegExp(message)));
        if (pool) return pool;
      }
      throw new Error('no worker starts');
    };
    const pool = await attempt(() => createDeadly({ options: { hangs }, startTimeout: 2000 }));
    hangs[0] = 1;
    assert.equal((await pool.run('import os; os._exit(3)')).error?.code, 'exit');
    for (const { error } of await Promise.all([pool.run('1'), pool.run('2')])) {
      assert.deepEqual(error, { code: 'died', message });
    }
    hangs[0] = 0;
    await attempt(async () => ((await pool.run('1 + 1')).value === 2 ? pool : undefined));
    // The limit ends with the start.
    await new Promise((resolve) => setTimeout(resolve, 2100));
    assert.equal((await pool.run('1 + 1')).value, 2);
    assert.deepEqual(pool.statistics.replaced, { exit: 1 });
    pool.close();
    return {};
  },

  /** A slot that glue code writes: the instance is replaced, and `verify` sees what the pool does not. */
  async slots() {
    const counts = [];
    for (const deed of ['write a slot', 'write a slot unseen']) {
      const pool = await createDeadly({ options: { deed }, verify: true });
      assert.equal((await pool.run('import os; os.getuid()')).value, 0);
      assert.equal((await pool.run('1 + 1')).value, 2);
      const { replaced, differing } = pool.statistics;
      counts.push({ replaced, differing });
      pool.close();
    }
    assert.deepEqual(counts, [
      { replaced: { 'it wrote to the function table': 1 }, differing: 0 },
      { replaced: {}, differing: 1 },
    ]);
    return counts;
  },

  /** What a call is given, and what it gives back. */
  async values() {
    const pool = await create({ prepare: 'prepared = open("/five").read()', files: { ...library, '/five': '5' } });
    const value = { text: 'é\u{1f40d}\ud800', list: [1, 2.5, null, true], nested: { '': [] } };
    const both = { globals: { value }, files: { '/data/in.txt': 'text', '/bytes': new Uint8Array([0, 255]) } };
    const source = `
import sys
print('out', value['text'][:1])
print('error', file=sys.stderr)
[value, open('/data/in.txt').read(), list(open('/bytes', 'rb').read()), prepared, __name__]`;
    const answer = await pool.run(source, both);
    assert.deepEqual(answer, {
      value: [value, 'text', [0, 255], '5', '__main__'],
      stdout: 'out é\n',
      stderr: 'error\n',
    });
    assert.equal((await pool.run('x = 1')).value, null);
    assert.equal((await pool.run('')).value, null);
    assert.equal((await pool.run('input()')).error?.type, 'EOFError');
    const refused = `import os, socket
def attempt(function, *given):
    try: return function(*given)
    except OSError as error: return error.errno
[attempt(os.system, 'exit 3'), attempt(socket.socket), attempt(socket.create_connection, ('127.0.0.1', 80))]`;
    assert.deepEqual((await pool.run(refused)).value, [-1, 2, -4]);
    // Emscripten keeps the addresses of its protocols in JavaScript.
    for (const again of [false, true]) {
      assert.equal((await pool.run('import socket; socket.getprotobyname("tcp")')).value, 6, `again: ${again}`);
    }
    // Files are the call's own, whatever memory they come in.
    const given = new Uint8Array(new SharedArrayBuffer(4)).fill(65);
    const files = { '/a': given, '/b': new Uint16Array([0x4241, 0x4443]) };
    const change = `with open('/a', 'r+') as f: f.write('evil')\n[open('/a').read(), open('/b').read()]`;
    assert.deepEqual((await pool.run(change, { files })).value, ['evil', 'ABCD']);
    assert.deepEqual([...given], [65, 65, 65, 65]);
    assert.equal((await pool.run('print("\\ufeffx")')).stdout, '\ufeffx\n');
    const { error } = await pool.run('def f(x):\n    return 1 / x\n\nf(0)');
    assert.equal(
      error?.traceback,
      'Traceback (most recent call last):\n  File "<call>", line 4, in <module>\n    f(0)\n    ~^^^\n' +
        '  File "<call>", line 2, in f\n    return 1 / x\n           ~~^~~\nZeroDivisionError: division by zero\n',
    );
    // Workers that start later are given the same files, whatever an earlier one's `prepare` wrote into them.
    const prepare = `with open('/five', 'r+') as f: five = f.read(); f.seek(0); f.write('6')`;
    const later = await create({ prepare, files: { ...library, '/five': '5' } });
    for (const source of [`[five, open('/five').read()]`, 'import os; os._exit(0)', `[five, open('/five').read()]`]) {
      const { value } = await later.run(source);
      if (value) assert.deepEqual(value, ['5', '6']);
    }
    assert.deepEqual(later.statistics.replaced, { exit: 1 });
    later.close();
    // An answer that has come in time counts, even if the caller looks late.
    await new Promise(setImmediate);
    const inTime = pool.run('1', { timeout: 100 });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
    assert.equal((await inTime).value, 1);
    const long = 'x'.repeat(9_000_000);
    assert.equal((await pool.run(`len('''${long}''')`)).value, long.length);
    assert.equal((await pool.run('"x" * 9_000_000')).value, long);
    assert.equal((await pool.run('print("x" * 9_000_000)')).stdout, `${long}\n`);
    pool.close();
    return {};
  },

  /** Files, output and pipes take space outside of the memory, which is limited as well. */
  async space() {
    const pool = await create({ memory: 40_000_000 });
    const full = `except OSError as error: number = error.errno\nimport errno; errno.errorcode[number]`;
    /** @type {Record<string, string>} */
    const ways = {
      file: 'with open("/tmp/a", "wb") as f:\n  while True: f.write(bytes(1 << 20))',
      'many files': 'import os\nfor n in range(10**6): os.close(os.open(f"/tmp/{n}", os.O_CREAT))',
      sparse: 'import os\nf = os.open("/tmp/a", os.O_CREAT | os.O_RDWR); os.lseek(f, 2 * 10**9, 0); os.write(f, b"x")',
      truncated: 'import os\nos.close(os.open("/tmp/a", os.O_CREAT))\nos.truncate("/tmp/a", 2 * 10**9)',
      output: 'import os\nwhile True: os.write(1, bytes(1 << 20))',
      pipe: 'import os\nr, w = os.pipe()\nwhile True: os.write(w, bytes(1 << 20))',
      answer: 'import os\nf = os.open("/dev/pyem-call", os.O_WRONLY)\nwhile True: os.write(f, bytes(1 << 20))',
      link: 'import os\nfor n in range(10**6): os.symlink("x" * 10**6, f"/tmp/{n}")',
      'long name':
        'import os\nfor n in range(10**6):\n  os.close(os.open("/tmp/a", os.O_CREAT)); os.rename("/tmp/a", f"/tmp/{n}" + "x" * 10**6)',
    };
    /** @type {Record<string, string>} */
    const EXPECTED = { 'answer': 'no-answer', 'long name': 'ENAMETOOLONG' };
    const seen = [];
    for (const [way, source] of Object.entries(ways)) {
      const body = source.split('\n').map((line) => ` ${line}\n`);
      const { value, error } = await pool.run(`try:\n${body.join('')}${full}`);
      // Who writes to the device spoils the own answer.
      assert.equal(way === 'answer' ? error?.code : value, EXPECTED[way] ?? 'ENOSPC', way);
      assert.equal((await pool.run('import os; os.listdir("/tmp")')).value?.length, 0);
      seen.push(way);
    }
    pool.close();
    return seen;
  },

  /** Calls of one instance draw other numbers, and hash alike. */
  async random() {
    const pool = await create({ prepare: 'import random, uuid' });
    const source =
      'import json, os, random, secrets, uuid\n' +
      '[random.random(), random.getrandbits(64) % 2**50, secrets.token_hex(8), uuid.uuid4().hex, os.urandom(8).hex(), hash("x") % 2**50]';
    /** @type {any[][]} */
    const drawn = [];
    for (let call = 0; call < 50; call++) drawn.push((await pool.run(source)).value);
    assert.equal(pool.statistics.setBack, 50 - 1);
    // Another instance of the same snapshot.
    await pool.run('import os; os._exit(0)');
    drawn.push((await pool.run(source)).value);
    const distinct = [0, 1, 2, 3, 4, 5].map((at) => new Set(drawn.map((all) => all[at])).size);
    assert.deepEqual(distinct, [51, 51, 51, 51, 51, 1]);
    pool.close();
    return distinct;
  },

  /** Many calls at a time on several workers, some of them hostile: each has its own answer. */
  async load() {
    const [seed = 0, calls = 0] = given.map(Number);
    const draw = randomNumbers(seed);
    const pool = await create({ size: 2, queue: calls, memory: 64 * 1024 * 1024, timeout: 20_000 });
    const hostile = ['exits_at_once', 'all_memory', 'native_stack', 'many_files', 'trap', 'recursion', 'pipes'];
    const answers = Array.from({ length: calls }, async (_, call) => {
      const action = hostile[draw(hostile.length * 10)];
      const source = action
        ? `${leave}\nACTIONS['${action}']()`
        : `print(number)\nseen = globals().get('seen', 0) + 1\n[number * 2, seen]`;
      const answer = await pool.run(source, { globals: { number: call } });
      if (!action) assert.deepEqual(answer, { value: [call * 2, 1], stdout: `${call}\n`, stderr: '' });
      return action;
    });
    const done = await Promise.all(answers);
    pool.close();
    return { answers: done.length, hostile: done.filter(Boolean).length, ...pool.statistics };
  },

  /** What grows: memory of the process, an instance's memory and function table, open handles. */
  async growth() {
    const calls = Number(given[0]);
    const pool = await create();
    const run = async (/** @type {number} */ count) => {
      for (let call = 0; call < count; call++) assert.equal((await pool.run('1 + 1')).value, 2);
      const { memorySize, tableLength } = pool.statistics;
      const handles = process.getActiveResourcesInfo().length;
      return { 'process memory': process.memoryUsage().rss, 'wasm memory': memorySize, 'table': tableLength, handles };
    };
    const tenth = Math.ceil(calls / 10);
    const before = await run(tenth);
    const halfway = await run(5 * tenth);
    const after = await run(5 * tenth);
    const { statistics } = pool;
    pool.close();
    return { before, halfway, after, ...statistics };
  },
};

const chosen = { ...CASES, ...refusals(create, folder, given, LIMITS) }[name];
if (!chosen) throw new Error(`there is no case ${name}`);
process.stdout.write(`${JSON.stringify(await chosen())}\n`);
// Its workers that loop would keep the process: docs/pool.md.
if ('Deno' in globalThis) process.exit();
