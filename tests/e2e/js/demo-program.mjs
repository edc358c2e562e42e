// The demo's program without its page, in any place: started cold and snapshotted, or restored and used.

import createDemo from './demo.mjs';
import { build, minor } from './parts.mjs';
import { restoreSnapshot, SnapshotError, takeSnapshot } from './snapshot/index.mjs';
import { suspendingFetch } from './suspending.mjs';

/**
 * @typedef {object} Parts
 * @property {WebAssembly.Module} module
 * @property {ArrayBuffer | Uint8Array} stdlib
 * @property {WebAssembly.Module} [adaptor]
 */

/** @typedef {Awaited<ReturnType<typeof open>>} Program */

/** @param {Parts} parts */
export async function open({ module, stdlib, adaptor }) {
  const { Suspending, promising } = /** @type {any} */ (WebAssembly);
  /** @type {() => unknown} */
  let runSuspending;
  /** @type {(text: string) => void} */
  let arrive = () => {};
  /** @returns {Promise<string>} */
  const wait = () =>
    new Promise((resolve) => {
      arrive = resolve;
    });
  /** @type {Record<string, any>} */
  const demo = await createDemo({
    pyemBuild: build,
    pyemTrampolineOptions: adaptor ? { adaptor } : {},
    noExitRuntime: true,
    /** @param {WebAssembly.Imports} imports @param {(instance: WebAssembly.Instance) => void} receive */
    instantiateWasm(imports, receive) {
      if (Suspending) Object.assign(imports['env'] ?? {}, { suspend_fetch_js: suspendingFetch(() => demo, wait) });
      const instance = new WebAssembly.Instance(module, imports);
      if (promising) runSuspending = promising(instance.exports['run']);
      receive(instance);
    },
    /** @param {Record<string, any>} instance */
    preRun({ FS, ENV }) {
      FS.mkdirTree(`/pyem/lib/python${minor}`);
      FS.writeFile(`/pyem/lib/python${minor.replace('.', '')}.zip`, new Uint8Array(stdlib));
      ENV.PYTHONHOME = '/pyem';
    },
  });
  return {
    demo,
    /** Runs a line of Python. @param {string} source */
    push(source) {
      demo['request']('push', source);
      demo['_run']();
      demo['answer']();
    },
    /** Begins to run one that waits. @param {string} source @returns {Promise<unknown>} */
    async pushWaiting(source) {
      demo['request']('push', source);
      await runSuspending();
      return demo['answer']();
    },
    /** Ends the wait. @param {string} text */
    arrive: (text) => arrive(text),
    path: () => demo['pyemTrampoline'].path,
  };
}

/** @param {() => void} attempt */
export function refusal(attempt) {
  try {
    attempt();
    return 'none';
  } catch (error) {
    if (error instanceof SnapshotError) return error.code;
    throw error;
  }
}

/**
 * A program that has printed, which takes a handle of a JavaScript object, and its snapshot.
 *
 * @param {Parts} parts
 */
export async function take(parts) {
  const { demo, push } = await open(parts);
  demo['start']();
  const unused = takeSnapshot(demo);
  push("kept = 41; print('before')");
  // As wasm-bindgen's glue code hands objects to Rust.
  const { __wbindgen_externrefs, __externref_table_alloc, __externref_table_dealloc } = demo['wasmExports'];
  const handle = __externref_table_alloc();
  __wbindgen_externrefs.set(handle, { an: 'object' });
  const withAnObject = refusal(() => takeSnapshot(demo));
  __externref_table_dealloc(handle);
  return { unused, used: takeSnapshot(demo), withAnObject };
}

/**
 * Uses a restored program: it prints, allocates, calls JavaScript through wasm-bindgen, and waits where the engine
 * has JSPI.
 *
 * @param {Program} program
 * @param {ArrayBuffer | Uint8Array} snapshot
 */
export async function use({ demo, push, pushWaiting, arrive, path }, snapshot) {
  push('print(kept + 1, len(bytearray(30_000_000)))');
  const jspi = 'Suspending' in WebAssembly;
  const whileSuspended = { take: '', restore: '' };
  if (jspi) {
    const waiting = pushWaiting("import suspend; print('waited for', suspend.fetch('it'))");
    whileSuspended.take = refusal(() => takeSnapshot(demo));
    whileSuspended.restore = refusal(() => restoreSnapshot(demo, snapshot));
    arrive('an answer');
    await waiting;
  }
  return { path: path(), jspi, whileSuspended, afterwards: refusal(() => takeSnapshot(demo)) };
}
