// Measures every design of a call trampoline in one engine: benches/c/designs.c. It runs in Node and in a worker of a
// page, which pass functions that load the files.

/**
 * @typedef {{ rounds: number, firsts: number, milliseconds: number, warm: number }} Size
 *   rounds of warm calls, and of first calls; how long a sample takes, and warming up
 * @typedef {{ create: (options: object) => Promise<any>, module: WebAssembly.Module }} Program
 * @typedef {(which: number, calls: number) => number} Run the sum of what so many calls of a case return
 * @typedef {{ name: string, run: Run, expected: Run }} Ready a variant in its instance
 * @typedef {Record<string, Record<string, number[]>>} Samples by variant and case, in nanoseconds a call
 */

/** In the order of designs.c. */
const CASES = [
  ...['one of 0', 'one of 1', 'one of 2', 'one of 3'],
  ...['16 of 0', '16 of 1', '16 of 2', '16 of 3'],
  ...['64 mixed', '4096 random', '4096 random, arity too', '16 of 2, written'],
];
/** The case that goes through all callees before one comes again. */
const RANDOM = CASES.indexOf('4096 random');
const CALLEES = 4096;
/** Calls come in multiples of a sequence's length. */
const LENGTH = 4 * CALLEES;
/** Engines specialise calls by the first callees that they see: so they see many. */
const WARM_STEP = 512;

/** @param {Program} program @param {object} [options] for our hook */
async function start({ create, module }, options = {}) {
  const instance = await create({
    pyemTrampolineOptions: options,
    /** @param {WebAssembly.Imports} imports @param {(instance: WebAssembly.Instance) => void} receive */
    instantiateWasm(imports, receive) {
      const instance = new WebAssembly.Instance(module, imports);
      receive(instance);
      return instance.exports;
    },
  });
  instance['_prepare']();
  // The same functions as before, but now it was JavaScript that put them there.
  for (let n = 0; n < 16; n++) {
    const slot = instance['_written_slot'](n);
    instance['wasmTable'].set(slot, instance['wasmTable'].get(slot));
  }
  return instance;
}

/** Puts the functions of the designs with WebAssembly GC into their slots. */
function install(/** @type {any} */ instance, /** @type {WebAssembly.Module} */ upstream) {
  const { wasmTable, wasmMemory } = instance;
  const { exports } = new WebAssembly.Instance(upstream, { 'e': { 't': wasmTable, 'm': wasmMemory } });
  wasmTable.set(instance['_trampoline_slot'](), exports['call']);
  wasmTable.set(instance['_counter_slot'](), exports['count']);
}

/**
 * @param {Run} run
 * @param {Run} expected
 * @param {number} which
 * @param {number} calls
 * @returns {number} nanoseconds a call
 */
function time(run, expected, which, calls) {
  const begin = performance.now();
  const sum = run(which, calls);
  const end = performance.now();
  const right = expected(which, calls);
  if (sum !== right) throw new Error(`${run}, case ${CASES[which]}: ${sum}, not ${right}`);
  return ((end - begin) * 1e6) / calls;
}

/**
 * Which designs this engine can run: how to start an instance, and what to run in it.
 *
 * @param {Record<'designs' | 'emulated', Program>} programs
 * @param {BufferSource} upstream
 */
function variantsHere({ designs, emulated }, upstream) {
  const wasmGc = WebAssembly.validate(upstream) ? new WebAssembly.Module(upstream) : undefined;
  const plain = () => start(designs);
  const forced = (/** @type {string} */ path) => () => start(designs, { path });
  const forgetful = async () => {
    const instance = await start(designs, { path: 'probe' });
    instance['pyemTrampoline']['reset']();
    return instance;
  };
  const others = async () => {
    const instance = await plain();
    install(instance, /** @type {WebAssembly.Module} */ (wasmGc));
    return instance;
  };
  /** @type {[name: string, run: string, start: () => Promise<any>, startCold?: () => Promise<any>][]} */
  const gc = [
    ['ours, wasm-gc', '_run_ours', forced('wasm-gc')],
    ['CPython main', '_run_main', others],
    ['CPython #128628', '_run_count', others],
  ];
  /** @type {typeof gc} */
  const all = [
    ['direct', '_run_direct', plain],
    ['ours, probe', '_run_ours', forced('probe'), forgetful],
    ['CPython 3.13', '_run_javascript', plain],
    ['emulated casts', '_run_emulated', () => start(emulated)],
    ...(wasmGc ? gc : []),
  ];
  return all.map(([name, run, start, startCold = start]) => ({ name, run, start, startCold }));
}

/**
 * @param {ReturnType<typeof variantsHere>} variants
 * @param {Size} size
 * @param {(variant: string, which: string, time: number) => void} keep
 */
async function warmCalls(variants, { rounds, milliseconds, warm }, keep) {
  /** @type {Ready[]} */
  const ready = [];
  for (const { name, run, start } of variants) {
    const instance = await start();
    ready.push({ name, run: instance[run], expected: instance['_expected'] });
  }
  for (const { run, expected } of ready) {
    const begin = performance.now();
    do {
      CASES.forEach((_, which) => {
        time(run, expected, which, WARM_STEP);
      });
    } while (performance.now() - begin < warm);
  }
  // As many calls as take long enough for a coarse clock.
  const calls = ready.map(({ run, expected }) =>
    CASES.map((_, which) => {
      const once = time(run, expected, which, 4 * LENGTH);
      return LENGTH * Math.max(1, Math.ceil((milliseconds * 1e6) / Math.max(once, 0.1) / LENGTH));
    }),
  );
  for (let round = 0; round < rounds; round++) {
    CASES.forEach((name, which) => {
      for (let turn = 0; turn < ready.length; turn++) {
        const variant = (turn + round) % ready.length;
        const { name: variantName, run, expected } = /** @type {Ready} */ (ready[variant]);
        keep(variantName, name, time(run, expected, which, calls[variant]?.[which] ?? LENGTH));
      }
    });
  }
}

/**
 * The first call of each callee through a trampoline in a fresh instance. The engine has compiled the callees:
 * they were called directly before.
 *
 * @param {ReturnType<typeof variantsHere>} variants
 * @param {Size} size
 * @param {(variant: string, which: string, time: number) => void} keep
 */
async function firstCalls(variants, { firsts }, keep) {
  for (let round = 0; round < firsts; round++) {
    for (const { name, run, startCold } of variants) {
      const instance = await startCold();
      const counts = () => instance['pyemTrampoline']?.['resolutions'];
      instance['_run_direct']?.(RANDOM, CALLEES);
      const before = counts();
      // A direct call leaves nothing behind, so there may be enough for a coarse clock.
      const calls = name === 'direct' ? 16 * CALLEES : CALLEES;
      keep(name, 'first call', time(instance[run], instance['_expected'], RANDOM, calls));
      const path = name.split(', ')[1];
      if (path && counts()[path] - before[path] !== CALLEES) {
        throw new Error(`${name}: not every callee was resolved on this path`);
      }
    }
  }
}

/**
 * @param {(name: string) => Promise<any>} load imports a module
 * @param {(name: string) => Promise<BufferSource>} read
 * @param {Size} size
 */
export async function measureDispatch(load, read, size) {
  /** @param {string} name @returns {Promise<Program>} */
  const program = async (name) => ({
    create: (await load(`${name}.mjs`)).default,
    module: await WebAssembly.compile(await read(`${name}.wasm`)),
  });
  const programs = { designs: await program('designs'), emulated: await program('emulated') };
  const variants = variantsHere(programs, await read('upstream.wasm'));
  /** @type {Samples} */
  const samples = {};
  const keep = (/** @type {string} */ variant, /** @type {string} */ name, /** @type {number} */ time) => {
    const cases = samples[variant] ?? {};
    samples[variant] = cases;
    const list = cases[name] ?? [];
    cases[name] = list;
    // Digits beyond these are noise.
    list.push(Math.round(time * 1000) / 1000);
  };
  // While nothing is optimised yet, as when a program starts.
  await firstCalls(variants, size, keep);
  await warmCalls(variants, size, keep);
  const path = (await start(programs.designs))['pyemTrampoline']['path'];
  return { path, samples };
}
