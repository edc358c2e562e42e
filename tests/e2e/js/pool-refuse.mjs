// Cases of pool.mjs in which something is refused: forged answers, wrong options, interpreters that do not fit.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { createPool } from '../../../npm/pool/index.mjs';

/** @typedef {import('../../../npm/pool/index.mjs').PoolOptions} PoolOptions */

/**
 * @param {(options?: Partial<PoolOptions>) => ReturnType<typeof createPool>} create
 * @param {string} folder of the interpreter
 * @param {string[]} given arguments of the case
 * @param {Partial<PoolOptions>} LIMITS
 * @returns {Record<string, () => Promise<unknown>>}
 */
export const refusals = (create, folder, given, LIMITS) => ({
  /** What a call does to the program that it runs in: forged answers, and much of what is counted as little. */
  async hostile() {
    const pool = await create(LIMITS);
    const write = (/** @type {string} */ bytes) =>
      `import os\nf = os.open("/dev/pyem-call", os.O_WRONLY)\nos.write(f, ${bytes})\nos.unlink("/dev/pyem-call")`;
    const deep = `import sys\nsys.setrecursionlimit(10**8)\nx = []\nfor _ in range(4000): x = [x]\nx`;
    const raising = `def hook(*event): raise ValueError("hook")\n`;
    /** @type {Record<string, [source: string, code: string | undefined]>} */
    const calls = {
      'a value nested deep': [deep, 'value'],
      'a forged one': [write(`b'{"value":' + b'[' * 100000 + b']' * 100000 + b'}'`), 'value'],
      'a forged code': [write(`b'{"error":{"code":"queue-full","message":"evil"}}'`), 'no-answer'],
      'a forged message': [write(`b'{"error":{"code":"python","message":{"evil":1}}}'`), 'no-answer'],
      'no field': [write(`b'{}'`), 'no-answer'],
      'no object': [write(`b'null'`), 'no-answer'],
      'trace functions that raise': [`${raising}import sys\nsys.settrace(hook)\nsys.setprofile(hook)`, 'python'],
      'an audit hook that raises': [`${raising}import sys\nsys.addaudithook(hook)`, 'no-answer'],
      'a status that has no byte': ['raise SystemExit(10**30)', 'exit'],
    };
    for (const [what, [source, code]] of Object.entries(calls)) {
      const { error } = await pool.run(source, { timeout: 5000 });
      assert.equal(error?.code, code, `${what}: ${JSON.stringify(error)}`);
      assert.equal((await pool.run('1 + 1')).value, 2, what);
    }
    // What is written before anything runs is not for the next call.
    const halfway = await pool.run('1', { files: { '/dev/stdout': 'evil', '/dev/null/x': '' } });
    assert.equal(halfway.error?.code, 'set-up');
    assert.deepEqual(await pool.run('1'), { value: 1, stdout: '', stderr: '' });
    const long = await pool.run(`'${'x'.repeat(80_000_000)}'`, { memory: 64 * 1024 * 1024 });
    assert.equal(long.error?.code, 'memory', JSON.stringify(long));
    assert.equal((await pool.run('1', { timeout: Number.POSITIVE_INFINITY })).value, 1);
    // Each nothing once took 400 bytes of JavaScript, of which the process has no limit.
    const { rss } = process.memoryUsage();
    const many = `import os\nfor _ in range(1_000_000): os.write(1, b'')\nfor _ in range(100_000): os.write(2, b'e')\n7`;
    const { value, stderr } = await pool.run(many);
    assert.deepEqual([value, stderr], [7, 'e'.repeat(100_000)]);
    assert.ok(process.memoryUsage().rss - rss < 100_000_000, `${process.memoryUsage().rss - rss} bytes`);
    // Reasons are counted, so there must not be one for each call.
    for (let status = 0; status < 20; status++) await pool.run(`import os; os._exit(${1000 + status})`);
    assert.ok(Object.keys(pool.statistics.replaced).length < 5, JSON.stringify(pool.statistics));
    pool.close();
    return {};
  },

  /** What cannot be handed over is refused, before any of it runs. */
  async refused() {
    const pool = await create();
    /** @type {[any, RegExp][]} */
    const wrong = [
      [{ globals: null }, /globals is no object/],
      [{ globals: 'text' }, /globals is no object/],
      [{ globals: [1] }, /globals is no object/],
      [{ globals: { x: { y: Number.NaN } } }, /globals cannot be sent as JSON: TypeError: y is NaN/],
      [{ globals: { x: () => 1 } }, /globals cannot be sent as JSON: TypeError: x is a function/],
      [{ files: null }, /files is no object/],
      [{ files: { '/a': 5 } }, /files: \/a is neither text nor bytes/],
      [{ files: { '/a\0': '' } }, /files: \/a\0 has a null character/],
      [{ files: { a: '' } }, /files: a does not begin with \//],
      [{ globals: { big: 1n } }, /globals cannot be sent as JSON: TypeError/],
      [{ memory: 1 }, /memory is 1, and the snapshot takes \d+/],
      [{ timeout: 0 }, /timeout is no number of at least 1: 0/],
      [{ unknown: 1 }, /there is no option unknown: the options are globals, /],
      [null, /options is no object/],
    ];
    for (const [options, message] of wrong) {
      await assert.rejects(pool.run('1', options), { name: 'PoolError', code: 'set-up', message });
    }
    /** @type {[any, RegExp][]} */
    const unfit = [
      [{ glue: './python.mjs' }, /glue is no URL: \.\/python\.mjs/],
      [{ glue: undefined }, /glue is no URL: undefined/],
      [
        { glue: 'data:text/javascript,export default 1' },
        /glue exports no factory: link with -sMODULARIZE -sEXPORT_ES6/,
      ],
      [
        { glue: 'data:text/javascript,export default async ({ preRun }) => preRun({})' },
        /FS is not exported: link with -sEXPORTED_RUNTIME_METHODS=FS/,
      ],
      [
        { glue: pathToFileURL(`${folder}/deadly.mjs`), options: { deed: 'have an older FS' } },
        /FS has no doTruncate: link with emscripten 6\.0\.5 or later, without -sWASMFS and --closure/,
      ],
      [{ size: Number.POSITIVE_INFINITY }, /size is no whole number: Infinity/],
      [{ snapshot: new Uint8Array(9) }, /SnapshotError/],
      [{ startTimeout: 0 }, /startTimeout is no number of at least 1: 0/],
      [{ verify: 'no' }, /verify is neither true nor false: no/],
      [{ options: { print() {} } }, /no worker could be started: DataCloneError/],
      [{ options: 5 }, /options.options is no object/],
      [{ wasm: undefined }, /wasm cannot be compiled: TypeError/],
      [{ wasm: new Uint8Array(9) }, /wasm cannot be compiled: CompileError/],
      [{ prepare: 5 }, /prepare is no text: number/],
      [{ prepare: 'import sys; sys.exit(3)' }, /no instance could be made: ExitStatus: .*3/],
      // A pipe's content is JavaScript's: what one call writes to it, the next one would read.
      [{ prepare: 'import os; os.pipe()' }, /prepare leaves what cannot be set back: it called __syscall_pipe2/],
      [{ files: { '/tmp': '' } }, /files: \/tmp cannot be written: errno 31/],
    ];
    for (const [options, message] of unfit) {
      await assert.rejects(create(options), { name: 'PoolError', code: 'set-up', message });
    }
    const { error } = await pool.run('1', { files: { '/tmp/': '' } });
    assert.deepEqual([error?.code, error?.message], ['set-up', 'files: /tmp/ cannot be written: errno 31']);
    // As if they were not there.
    const unlimited = { timeout: undefined, memory: undefined, globals: undefined, files: undefined };
    assert.equal((await pool.run('1 + 1', unlimited)).value, 2);
    const most = await pool.run('len(bytearray(400_000_000))', unlimited);
    assert.equal(most.error?.code, 'memory', JSON.stringify(most));
    const { value } = await pool.run('[__proto__, constructor]', {
      globals: JSON.parse('{"__proto__": 1, "constructor": 2}'),
    });
    assert.deepEqual(value, [1, 2]);
    assert.equal(pool.statistics.calls, 4);
    pool.close();
    return {};
  },

  /** However it is handed over. */
  async pyodide() {
    const [other = ''] = given;
    const { loadPyodide } = await import(`${pathToFileURL(other)}/pyodide.mjs`);
    const pyodide = await loadPyodide();
    const wasm = fs.readFileSync(`${other}/pyodide.asm.wasm`);
    const expected = { name: 'PoolError', code: 'set-up', message: /a Pyodide cannot be set back/ };
    await assert.rejects(createPool(pyodide), expected);
    await assert.rejects(create(/** @type {any} */ ({ pyodide })), expected);
    await assert.rejects(create({ wasm }), expected);
    return {};
  },

  /** Imports that suspend cannot be guarded. */
  async suspends() {
    const [other = ''] = given;
    const parts = { glue: pathToFileURL(`${other}/python.mjs`), wasm: fs.readFileSync(`${other}/python.wasm`) };
    await assert.rejects(create(parts), {
      name: 'PoolError',
      code: 'set-up',
      message: /suspends: link without -sJSPI/,
    });
    return {};
  },
});
