// Stock Pyodide and the same with the trampoline attached, in turn, in any engine.

/** @typedef {Record<string, any>} Any */
/** @typedef {Record<string, number[]>} Cases by name */

/** Of `loadPyodide`. Results are compared between interpreters. */
export const OPTIONS = { env: { HOME: '/home/pyodide', PYTHONHASHSEED: '0', PYTHONDONTWRITEBYTECODE: '1' } };
const MILLISECOND = 1e6;

/**
 * @param {Any} pyodide fresh
 * @param {typeof import('../../npm/attach/index.mjs')['attach']} attach
 * @param {Record<string, string>} files benches/python and pyperformance's programs: path and text
 * @param {URLSearchParams} size path, rounds, statements, warm, and the folder of the programs
 * @returns {string} samples in nanoseconds and results, as JSON
 */
export function measure(pyodide, attach, files, size) {
  const number = (/** @type {string} */ name) => Number(size.get(name));
  /** @type {{ stock: Cases, attached: Cases, attach: { first: number[], again: number[] } }} */
  const samples = { stock: {}, attached: {}, attach: { first: [], again: [] } };

  /** @param {number[]} times */
  const timedAttach = (times) => {
    const start = performance.now();
    const trampoline = attach(pyodide);
    times.push(Math.round((performance.now() - start) * MILLISECOND));
    if (trampoline.path !== size.get('path')) throw new Error(`path ${trampoline.path}, and not ${size.get('path')}`);
    return trampoline;
  };
  timedAttach(samples.attach.first).detach();

  for (const [name, text] of Object.entries(files)) {
    pyodide.FS.mkdirTree(name.slice(0, name.lastIndexOf('/')));
    pyodide.FS.writeFile(name, text);
  }
  pyodide.runPython('import sys; sys.path.append("/bench")');
  const python = pyodide.pyimport('measure');
  const cases = python.all_cases(number('statements'), size.get('programs'));
  /** @type {Record<string, string> | undefined} */
  let expected;

  /** @param {'stock' | 'attached'} variant @param {number} seconds to warm @param {() => void} [run] */
  const as = (variant, seconds, run) => {
    const trampoline = variant === 'attached' ? timedAttach(samples.attach.again) : null;
    python.warm(cases, seconds);
    run?.();
    if (!trampoline) return;
    const resolved = trampoline.path && trampoline.resolutions[trampoline.path];
    if (!resolved) throw new Error('calls did not pass through what was attached');
    trampoline.detach();
  };
  const plain = (/** @type {Any} */ proxy) => proxy['toJs']({ dict_converter: Object.fromEntries });
  /** @param {'stock' | 'attached'} variant */
  const measured = (variant) => {
    for (const [name, sample] of Object.entries(plain(python.a_round(cases)))) {
      const known = samples[variant];
      known[name] = [...(known[name] ?? []), sample];
    }
    /** @type {Record<string, string>} */
    const results = plain(python.results(cases));
    expected ??= results;
    for (const [name, result] of Object.entries(results)) {
      if (result !== expected[name]) throw new Error(`${name}: ${variant} has ${result}, not ${expected[name]}`);
    }
  };

  /** @type {('stock' | 'attached')[]} */
  const variants = ['stock', 'attached'];
  for (const variant of variants) as(variant, number('warm'));
  for (let round = 0; round < number('rounds'); round++) {
    // What was attached is new to the engine: each case runs once before.
    for (const variant of variants) as(variant, 0, () => measured(variant));
    // Each comes first in turn.
    variants.reverse();
  }
  const version = pyodide.runPython('sys.version.split()[0]');
  return JSON.stringify({ python: version, samples, results: expected });
}
