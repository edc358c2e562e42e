// node wrongs.mjs PYODIDE-FOLDER WRONGS.SO EXPECTED.JSON TRAMPOLINE TYPES: every wrong slot is found, none is invented; mended, each is
// called from Python; undone, all are as before.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { attach } from '../../../npm/attach/index.mjs';
import { audit, repair } from '../../../npm/audit/index.mjs';
import { ensure } from '../attach/case.mjs';

/** @typedef {import('../../../npm/audit/index.mjs').Finding} Finding */
/** @typedef {{ name: string, slot: string, declared: string, expected: string, mended: boolean, covered: boolean, attribute: string, number: number, minor: number }} Expected */

const [folder = '', sideModule = '', file = '', trampoline = '', types = ''] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(resolve(folder, 'pyodide.mjs')).href);
const pyodide = await loadPyodide({ indexURL: `${resolve(folder)}/` });
if (trampoline === 'ours') attach(pyodide);
pyodide.FS.writeFile('/home/pyodide/wrongs.so', new Uint8Array(readFileSync(sideModule)));
const source = readFileSync(new URL('call_slots.py', import.meta.url), 'utf8');
pyodide.FS.writeFile('/home/pyodide/call_slots.py', source);
// Nothing is to be called before it has been mended.
pyodide.runPython('import gc; gc.disable()');
const { run, verdict } = pyodide.pyimport('call_slots');
const isHeapType = pyodide.runPython('import wrongs; wrongs.tp_repr_few.__flags__ >> 9 & 1') === 1;
ensure(isHeapType === (types === 'heap'), `${types} types`);
/** @type {Expected[]} */
const all = JSON.parse(readFileSync(file, 'utf8'));
const minor = pyodide.runPython('import sys; sys.version_info.minor');
const expected = all.filter((each) => each.minor <= minor);

const text = (/** @type {{ parameters: string[], results: string[] }} */ { parameters, results }) =>
  `(${parameters.join(', ')}) -> ${results.join(', ') || 'void'}`;
const lines = (/** @type {Finding[]} */ findings) =>
  findings.map((each) => {
    const name = [each.module, each.name].filter(Boolean).join('.');
    ensure(each.declared !== null, `${name} names a function`);
    const { slot, declared, expected, left } = each;
    return [name, slot, text(declared), text(expected), left === null ? 'mended' : 'left'].join(' | ');
  });

const before = await audit(pyodide, { modules: ['wrongs'], all: true });
const found = lines(before.findings);
const line = (/** @type {Expected} */ { name, slot, declared, expected, mended }) =>
  [name, slot, declared, expected, mended ? 'mended' : 'left'].join(' | ');
const wanted = expected.map(line);
const missing = wanted.filter((line) => !found.includes(line));
const invented = found.filter((line) => !wanted.includes(line));
ensure(missing.length === 0, `not found:\n${missing.join('\n')}\nbut\n${invented.join('\n')}`);
ensure(invented.length === 0, `invented:\n${invented.join('\n')}`);
ensure(found.length === wanted.length, `${found.length} findings, and not ${wanted.length}`);

// What goes through the trampoline does what the verdict says; everything else would trap.
const verdicts = new Map(before.findings.map((finding) => [lines([finding])[0], finding.verdict]));
const untrue = [];
for (const each of expected) {
  const said = verdicts.get(line(each));
  if (!each.covered) {
    if (said !== 'traps') untrue.push(`${each.name}: ${said}`);
  } else if (said === 'traps') {
    ensure(trampoline === 'javascript' || trampoline === 'reflection', `${each.name} traps`);
  } else {
    const does = verdict(each.slot, each.attribute, each.number);
    if (said !== does) untrue.push(`${each.name}, ${each.slot}, ${each.declared}: ${said}, but ${does}`);
  }
}
ensure(untrue.length === 0, `verdicts are wrong:\n${untrue.join('\n')}`);

const words = () => new Uint32Array(pyodide._module.HEAPU8.buffer);
const table = pyodide._module.wasmTable;
const functions = table.length;
const repaired = await repair(pyodide, before.findings);
const places = new Map(
  repaired.mended.flatMap(({ places, tableSlot }) => places.map((place) => [place / 4, tableSlot])),
);
for (const place of places.keys()) ensure((words()[place] ?? 0) >= functions, `the word ${place} names no adapter`);
const mended = expected.filter((each) => each.mended && verdicts.get(line(each)) !== 'handled');
ensure(repaired.mended.length === mended.length, `${repaired.mended.length} mended, and not ${mended.length}`);
pyodide.runPython('gc.enable(); gc.set_threshold(200, 5, 5)');
const missed = [];
for (const { slot, attribute, number } of mended) {
  const missing = run(slot, attribute, number);
  if (missing) missed.push(missing);
}
ensure(missed.length === 0, `not called:\n${missed.join('\n')}`);
const now = lines((await audit(pyodide, { modules: ['wrongs'], all: true })).findings);
const rest = expected.filter((each) => !mended.includes(each)).map(line);
ensure(`${now.sort()}` === `${rest.sort()}`, `after the repair: ${now.join('\n')}`);

pyodide.runPython('gc.disable()');
repaired.undo();
for (const [place, tableSlot] of places) ensure(words()[place] === tableSlot, `the word ${place} is not as before`);
const undone = lines((await audit(pyodide, { modules: ['wrongs'], all: true })).findings);
ensure(
  `${undone.sort()}` === `${found.sort()}`,
  `after undo: ${undone.filter((line) => !found.includes(line)).join('\n')}`,
);
process.stdout.write(`right: Pyodide ${pyodide.version}, ${found.length} findings, ${mended.length} mended\n`);
