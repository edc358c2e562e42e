// A Worker that answers with Python. Nothing is compiled at run time: the interpreter and the adaptor are
// modules of the Worker, Python's state is a snapshot. /?number=7 asks one Python, /fresh?number=7 a fresh one each time.

import adaptor from './adaptor.wasm';
import { createInstance } from './pool/instance.mjs';
import build from './python.build';
import createPython from './python.mjs';
import snapshot from './python.snapshot';
import wasm from './python.wasm';
import stdlib from './python313.zip';
import { reseed, restoreSnapshot } from './snapshot/index.mjs';

/** @type {string[]} */
const lines = [];
const python = await createPython({
  noInitialRun: true,
  pyemBuild: build.trim(),
  pyemTrampolineOptions: { adaptor },
  /** @param {WebAssembly.Imports} imports @param {(instance: WebAssembly.Instance) => void} receive */
  instantiateWasm: (imports, receive) => receive(new WebAssembly.Instance(wasm, imports)),
  /** @param {Record<string, any>} module */
  preRun({ FS }) {
    FS.mkdirTree('/pyem/lib/python3.13');
    FS.writeFile('/pyem/lib/python313.zip', new Uint8Array(stdlib));
  },
  /** @param {string} line */
  print: (line) => lines.push(line),
});
restoreSnapshot(python, snapshot);
let seeded = false;

/** @param {string} source @returns {string} what it prints */
function run(source) {
  // Randomness is for requests only: start-up may not ask for it.
  if (!seeded) reseed(python);
  seeded = true;
  lines.length = 0;
  if (python.ccall('PyRun_SimpleString', 'number', ['string'], [source]) !== 0) throw new Error('Python failed');
  return lines.join('\n');
}

/** A second Python, which is set back after each request. Made by the first of them, since it draws randomness. */
const fresh = {
  /** @type {Awaited<ReturnType<typeof createInstance>> | undefined} */
  instance: undefined,
  path: '',
};

/** @param {number} number @returns {Promise<string>} what it prints */
async function answerFresh(number) {
  fresh.instance ??= await createInstance({
    /** @param {Record<string, unknown>} options @returns {Promise<Record<string, any>>} */
    async glue(options) {
      /** @type {Record<string, any>} */
      const made = await createPython(options);
      fresh.path = made['pyemTrampoline']['path'];
      return made;
    },
    module: wasm,
    build: build.trim(),
    snapshot: new Uint8Array(snapshot),
    files: { '/pyem/lib/python313.zip': new Uint8Array(stdlib) },
    options: { pyemTrampolineOptions: { adaptor } },
    prepare: '',
    verify: false,
  });
  const source = `answer(${number}, '${fresh.path}')`;
  const request = new TextEncoder().encode(JSON.stringify({ source, globals: {} }));
  const { instance } = fresh;
  // What cannot be set back, or fails here, is made anew.
  fresh.instance = undefined;
  const { error, stdout } = instance.call({ request, files: {}, memory: 64 * 1024 * 1024 });
  if (!instance.setBack().reason) fresh.instance = instance;
  if (error) throw new Error(error.traceback ?? error.message);
  return stdout;
}

/** Shows that this place refuses what the trampoline does not need. */
function compileNow() {
  try {
    new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
    return 'compiled';
  } catch (error) {
    return `${error}`;
  }
}

export default {
  /** @param {Request} request */
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/compile') return new Response(compileNow());
    // Imported from the packed library, in this request.
    if (pathname === '/import')
      return new Response(run('import colorsys; print(colorsys.rgb_to_hls(1, 0, 0), flush=True)'));
    const number = Number.parseInt(searchParams.get('number') ?? '', 10);
    if (!Number.isSafeInteger(number)) return new Response('?number= is not a whole number', { status: 400 });
    const text = pathname === '/fresh' ? await answerFresh(number) : run(`answer(${number})`);
    return new Response(text, { headers: { 'content-type': 'application/json' } });
  },
};
