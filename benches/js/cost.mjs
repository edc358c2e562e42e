// node cost.mjs FOLDER SLOTS PATH: one start with so many functions in the table, which the hook finds
// there, and as many that are put there later. Prints times in nanoseconds as JSON.

import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder = '', slots = '', forced = ''] = process.argv.slice(2);
const count = Number(slots);
const fill = new WebAssembly.Module(fs.readFileSync(path.join(folder, `fill-${count}.wasm`)));
/** The sum of the signatures of five functions: (), (i32), (i32, i32), (i32, i32, i32), (f64). */
const SUM_OF_FIVE = 1 + 2 + 4 + 8 + 16;

/** By an element segment, as a side module does it. @param {WebAssembly.Table} table */
function addFunctions(table) {
  const first = table.grow(count);
  new WebAssembly.Instance(fill, { e: { t: table, first: new WebAssembly.Global({ value: 'i32' }, first) } });
  return first;
}

/** @param {boolean} hidden whether the hook finds the archive's data, or nothing to do */
async function start(hidden) {
  let before = 0;
  let after = 0;
  const { default: create } = await import(pathToFileURL(path.join(folder, 'cost.mjs')).href);
  const program = await create({
    pyemTrampolineOptions: forced === 'default' ? {} : { path: forced },
    /** @param {WebAssembly.Imports} imports @param {(instance: WebAssembly.Instance) => void} receive */
    instantiateWasm(imports, receive) {
      const module = new WebAssembly.Module(fs.readFileSync(path.join(folder, 'cost.wasm')));
      const instance = new WebAssembly.Instance(module, imports);
      const {
        memory,
        pyem_trampoline_abi: abi,
        __indirect_function_table: table,
      } = /** @type {any} */ (instance.exports);
      addFunctions(table);
      // The fifth field, the adaptor's address: it looks as if it were not relocated yet.
      if (hidden) new DataView(memory.buffer).setUint32(abi.value + 16, 0, true);
      before = performance.now();
      receive(instance);
    },
    // After the hook, which the glue code adds when it is read.
    preRun: () => {
      after = performance.now();
    },
  });
  return { program, hook: (after - before) * 1e6 };
}

// The same without the hook: how long emscripten itself takes.
const other = await start(true);
const { program, hook } = await start(false);
const first = addFunctions(program.wasmTable);
const times = [];
for (let round = 0; round < 2; round++) {
  const begin = performance.now();
  const sum = program._resolve_all(first, count);
  times.push(((performance.now() - begin) * 1e6) / count);
  if (sum !== (count / 5) * SUM_OF_FIVE) throw new Error(`wrong signatures: ${sum}`);
}
process.stdout.write(
  JSON.stringify({
    path: program.pyemTrampoline.path,
    hook: Math.max(0, hook - other.hook),
    'first time': times[0],
    again: times[1],
  }),
);
