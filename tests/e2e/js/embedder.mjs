// node --experimental-vm-modules embedder.mjs FOLDER HOW ADAPTOR.wasm: starts Python in a context
// of its own with the adaptor handed in, and prints the live path. HOW is
//
//   module | bytes       handed in so
//   …-no-compile         in a context that may not compile WebAssembly, as in workerd
//   none | garbage | other-module

import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';

const [folder, how, adaptorFile] = process.argv.slice(2);
if (folder === undefined || how === undefined || adaptorFile === undefined) {
  throw new Error('usage: node embedder.mjs FOLDER HOW ADAPTOR.wasm');
}
const bytes = fs.readFileSync(adaptorFile);
const file = path.join(folder, 'python.mjs');
const program = new WebAssembly.Module(fs.readFileSync(path.join(folder, 'python.wasm')));

/** What is handed in. @type {Record<string, unknown>} */
const ADAPTORS = {
  'module': how.startsWith('module') ? new WebAssembly.Module(bytes) : undefined,
  'bytes': bytes,
  'none': undefined,
  'garbage': bytes.subarray(0, -1),
  'other-module': new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])),
};

const mayCompile = !how.endsWith('-no-compile');
const globals = {
  process,
  console,
  performance,
  TextDecoder,
  TextEncoder,
  URL,
  setTimeout,
  clearTimeout,
  crypto,
};
const context = vm.createContext(globals, { codeGeneration: { strings: false, wasm: mayCompile } });
const glue = new vm.SourceTextModule(fs.readFileSync(file, 'utf8'), {
  context,
  identifier: file,
  initializeImportMeta(meta) {
    meta.url = pathToFileURL(file).href;
  },
  importModuleDynamically: async (name) => {
    const found = await import(name);
    const names = Object.keys(found);
    const module = new vm.SyntheticModule(
      names,
      () => {
        for (const each of names) module.setExport(each, found[each]);
      },
      { context },
    );
    await module.link(() => module);
    await module.evaluate();
    return module;
  },
});
await glue.link(() => {
  throw new Error('the glue code imports nothing');
});
await glue.evaluate();

/** @type {{ default: (options: object) => Promise<{ pyemTrampoline: { path: string } }> }} */
const { default: createPython } = /** @type {any} */ (glue.namespace);
const options = {
  noInitialRun: true,
  pyemTrampolineOptions: { adaptor: ADAPTORS[how.replace('-no-compile', '')] },
  /** @param {WebAssembly.Imports} imports @param {(i: WebAssembly.Instance, m: WebAssembly.Module) => void} receive */
  instantiateWasm(imports, receive) {
    const started = new WebAssembly.Instance(program, imports);
    receive(started, program);
    return started.exports;
  },
};
try {
  const instance = await createPython(options);
  process.stdout.write(`live path ${instance.pyemTrampoline.path}\n`);
} catch (error) {
  // Node shows the whole minified line of an error from another context, and not its text.
  process.exitCode = 1;
  process.stderr.write(`${error}\n`);
}
