// One Python that is set back after each call. Licence: MIT OR Apache-2.0.

import { reseed, restoreSnapshot } from '../snapshot/index.mjs';
import { functionTableOf, memoryOf } from '../snapshot/instance.mjs';
import { valueTablesOf } from '../snapshot/tables.mjs';
import { describe, readAnswer } from './answer.mjs';
import { attachDevices } from './devices.mjs';
import { checkFileSystem, limitFiles, recordFiles } from './files.mjs';
import { guardImports } from './imports.mjs';
import { recordMemory } from './memory.mjs';
import { RUNNER } from './runner.mjs';
import { recordState } from './verify.mjs';

/** @typedef {import('./answer.mjs').Answer} Answer */
/** @typedef {import('./answer.mjs').CallError} CallError */
/** @typedef {import('../snapshot/instance.mjs').Target} Target */

/**
 * What a worker needs to make one.
 *
 * @typedef {object} Plan
 * @property {string} glue URL of emscripten's JavaScript
 * @property {WebAssembly.Module} module
 * @property {string} build
 * @property {Uint8Array} snapshot that `inspectSnapshot` accepts, which is not done here again
 * @property {Record<string, Uint8Array>} files
 * @property {Record<string, unknown>} options of the module
 * @property {string} prepare Python that runs once, before the state that calls start from is recorded
 * @property {boolean} verify
 */

/** @typedef {{ request: Uint8Array<ArrayBuffer>, files: Record<string, Uint8Array>, memory: number }} Call */

/** @typedef {{ memorySize: number, tableLength: number }} Size in bytes and slots */

/** Whose state cannot be set back: `reason` says why. @typedef {{ reason?: string, differing?: number, size?: Size }} Rest */

/** @param {Record<string, any>} fs @param {Record<string, Uint8Array>} files */
function writeFiles(fs, files) {
  for (const [path, data] of Object.entries(files)) {
    const folder = path.slice(0, path.lastIndexOf('/'));
    try {
      if (folder) fs['mkdirTree'](folder);
      // Not copied: nobody else has them, or nobody writes to them.
      fs['writeFile'](path, data, { 'canOwn': true });
    } catch (error) {
      throw new Error(`files: ${path} cannot be written: errno ${Object(error).errno}`);
    }
  }
}

/**
 * @param {Omit<Plan, 'glue'> & { glue: string | ((options: Record<string, unknown>) => Promise<Target>) }} plan where nothing is imported at run
 *   time, `glue` is what emscripten's JavaScript exports
 * @throws {Error} if the interpreter does not fit
 */
export async function createInstance({ glue, module, build, snapshot, files, options, prepare, verify }) {
  /** Why the instance has to be replaced. @type {string | undefined} */
  let foreign;
  let umask = (/** @type {number} */ _mask) => 0;
  /** @type {ReturnType<typeof attachDevices> | undefined} */
  let attached;
  let limit = Number.POSITIVE_INFINITY;

  const create = typeof glue === 'string' ? (await import(glue)).default : glue;
  if (typeof create !== 'function') throw new Error('glue exports no factory: link with -sMODULARIZE -sEXPORT_ES6');
  /** @type {Target} */
  const python = await create({
    ...options,
    noInitialRun: true,
    pyemBuild: build,
    /** @param {WebAssembly.Imports} imports @param {(instance: WebAssembly.Instance) => void} receive */
    instantiateWasm(imports, receive) {
      umask = guardImports(module, imports, (name) => {
        foreign ??= `it called ${name}`;
      }).umask;
      receive(new WebAssembly.Instance(module, imports));
    },
    /** @param {Record<string, any>} instance */
    preRun({ FS }) {
      if (!FS)
        throw new Error(
          'FS is not exported: link with -sEXPORTED_RUNTIME_METHODS=FS, and what docs/snapshots.md lists',
        );
      checkFileSystem(FS);
      attached = attachDevices(FS);
      writeFiles(FS, files);
    },
    print: () => {},
    printErr: (/** @type {string} */ line) => attached?.complain(line),
    /** @param {number} _status @param {unknown} exit */
    quit(_status, exit) {
      throw exit;
    },
  });
  if (!attached) throw new Error('the module ran no preRun hook');
  const devices = attached;
  restoreSnapshot(python, snapshot, { inspected: true });

  /** @param {string} source */
  const run = (source) => {
    const state = python['_PyGILState_Ensure']();
    const failed = python['ccall']('PyRun_SimpleString', 'number', ['string'], [source]) !== 0;
    python['_PyGILState_Release'](state);
    return !failed;
  };
  const { 'FS': fs } = python;
  let tree = recordFiles(fs);
  // `prepare` must not write into files that instances share, either.
  const space = limitFiles(fs, (node) => tree.isRecorded(node), devices.callDevice);
  foreign = undefined;
  if (prepare && !run(prepare)) throw new Error(`the pool's option prepare failed: ${devices.take().stderr}`);
  if (foreign) throw new Error(`the pool's option prepare leaves what cannot be set back: ${foreign}`);
  if (!run(RUNNER)) throw new Error(`Python cannot run calls: ${devices.take().stderr}`);
  devices.take();
  foreign = undefined;
  tree = recordFiles(fs);

  const table = functionTableOf(python);
  const { length } = table;
  const memory = memoryOf(python);
  for (const [object, name] of /** @type {[any, string][]} */ ([
    [table, 'set'],
    [table, 'grow'],
  ])) {
    const original = object[name];
    object[name] = (/** @type {unknown[]} */ ...given) => {
      foreign ??= 'it wrote to the function table';
      return original.apply(object, given);
    };
  }
  const { grow } = memory;
  memory.grow = (pages) => {
    if (memory.buffer.byteLength + pages * 65_536 > limit) throw new RangeError('the limit of the call');
    return grow.call(memory, pages);
  };
  const mask = umask(0o22);
  umask(mask);
  const values = JSON.stringify(valueTablesOf(python));
  const image = recordMemory(python);
  const differing = verify ? recordState(python) : undefined;

  const begin = () => reseed(python);
  begin();

  /** @returns {Size} */
  const size = () => ({ memorySize: memory.buffer.byteLength, tableLength: table.length });
  return {
    size,

    /**
     * Runs a call in the state that was recorded.
     *
     * @param {Call} call
     * @returns {Answer}
     */
    call({ request, files: given, memory: most }) {
      limit = most;
      space.allow(most);
      devices.ask(request, most);
      /** @type {CallError | undefined} */
      let thrown;
      try {
        writeFiles(fs, given);
      } catch (error) {
        // The file system is set back as after any call.
        const { stdout, stderr } = devices.take();
        return { error: { code: 'set-up', message: Object(error).message }, stdout, stderr };
      }
      try {
        run(`_pyem_call(${request.length})`);
      } catch (error) {
        thrown = errorOf(error);
        foreign = thrown.code;
      }
      const { answer, stdout, stderr } = devices.take();
      if (thrown) return { error: thrown, stdout, stderr };
      return { ...readAnswer(answer), stdout, stderr };
    },

    /**
     * Sets the instance back to what was recorded, if that is possible.
     *
     * @returns {Rest}
     */
    setBack() {
      limit = Number.POSITIVE_INFINITY;
      space.allow(limit);
      if (!foreign && table.length !== length) foreign = 'the function table grew';
      if (!foreign && !image.fits()) foreign = 'memory grew';
      if (!foreign && JSON.stringify(valueTablesOf(python)) !== values) foreign = 'it holds values of JavaScript';
      if (foreign) return { reason: foreign };
      image.setBack();
      tree.setBack();
      umask(mask);
      const rest = { size: size(), ...(differing && { differing: differing() }) };
      begin();
      return rest;
    },
  };
}

/** @param {unknown} error @returns {CallError} what ended a call from outside Python */
function errorOf(error) {
  const { name, message, status } = Object(error);
  if (name === 'ExitStatus') return { code: 'exit', message: `exit ${status}`, status };
  // As V8 and JavaScriptCore say it, and SpiderMonkey.
  const code = /call stack|recursion/.test(message) ? 'stack' : 'trap';
  return { code, message: describe(error) };
}
