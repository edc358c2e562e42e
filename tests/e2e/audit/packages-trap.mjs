// node packages-trap.mjs PYODIDE-FOLDER PACKAGES.JSON NAME: what is reported of a package to trap does so in stock
// Pyodide; mended, it does its work.

import { audit, auditPackages, explain, repair } from '../../../npm/audit/index.mjs';
import { ensure } from '../attach/case.mjs';
import { readPackages, start } from './packages-given.mjs';

/**
 * Python that calls the slots, what it returns, and whether they can be mended.
 *
 * @type {Record<string, { slots: string[], python: string, returns: string, mended: boolean }>}
 */
const PROGRAMS = {
  // Each object is part of a cycle with a list that comes later, and that keeps it until the collector clears it.
  kiwisolver: {
    slots: [
      'kiwisolver.Constraint tp_clear',
      'kiwisolver.Expression tp_clear',
      'kiwisolver.Term tp_clear',
      'kiwisolver.Variable tp_clear',
    ],
    python: `
import gc
from kiwisolver import Variable
for _ in range(100):
    around = []
    variable = Variable('x', around)
    term = 2 * variable
    constraint = term + 1 >= 0
    objects = variable, term, constraint, constraint.expression()
    around += objects
    later = [*objects]
    later.append(later)
    del around, variable, term, constraint, objects, later
f'{gc.collect() > 100}'`,
    returns: 'True',
    mended: true,
  },
  zstandard: {
    slots: ['zstandard.backend_c.BufferWithSegmentsCollection tp_init'],
    python: `
import struct
from zstandard import BufferWithSegments, BufferWithSegmentsCollection
buffer = BufferWithSegments(b'onetwo', struct.pack('=QQQQ', 0, 3, 3, 3))
collection = BufferWithSegmentsCollection(buffer, buffer)
f'{len(collection)} {collection[3].tobytes()}'`,
    returns: "4 b'two'",
    mended: true,
  },
  // The second parameter is not used, but nobody can see that from outside.
  BTrees: {
    slots: [
      'BTrees.IIBTree.IITreeIterator tp_iternext',
      'BTrees.OOBTree.OOTreeIterator tp_iternext',
      'BTrees.fsBTree.fsTreeIterator tp_iternext',
    ],
    python: `
from BTrees.OOBTree import OOBTree
f'{[*OOBTree({1: 2})]}'`,
    returns: '[1]',
    mended: false,
  },
};

const [folder = '', list = '', name = ''] = process.argv.slice(2);
const program = PROGRAMS[name];
if (!program) throw new Error(`no program for ${name}`);
const { slots, python, returns, mended } = program;

/** A Pyodide with the packages imported. */
async function installed() {
  let pyodide;
  const { packages } = await auditPackages(async () => {
    pyodide = await start(folder);
    return pyodide;
  }, readPackages(list));
  const traps =
    packages.find((each) => each.package === name)?.findings.filter((each) => each.verdict === 'traps') ?? [];
  const found = traps.map((each) => `${each.module}.${each.name} ${each.slot}`);
  ensure(`${found}` === `${slots}`, `found: ${found}`);
  return { pyodide: /** @type {any} */ (pyodide), traps };
}

/** @param {any} pyodide */
async function trapsIn(pyodide) {
  let error;
  try {
    ensure(false, `it returned ${pyodide.runPython(python)}`);
  } catch (thrown) {
    error = thrown;
  }
  ensure(/signature mismatch/.test(`${error}`), `${error}`);
  const { findings } = await explain(error, pyodide);
  const names = findings.map((each) => `${each.module}.${each.name} ${each.slot}`);
  ensure(
    slots.some((slot) => names.includes(slot)),
    `explained by ${names}`,
  );
}

await trapsIn((await installed()).pyodide);
const { pyodide, traps } = await installed();
const repaired = await repair(pyodide, traps);
if (mended) {
  ensure(repaired.mended.length === slots.length && repaired.left.length === 0, 'all are mended');
  const result = pyodide.runPython(python);
  ensure(result === returns, `mended, it returns ${result}`);
  const left = (await audit(pyodide)).findings.map((each) => `${each.module}.${each.name} ${each.slot}`);
  ensure(!slots.some((slot) => left.includes(slot)), `after the repair: ${left}`);
} else {
  ensure(repaired.mended.length === 0 && repaired.left.length === slots.length, 'none is mended');
  await trapsIn(pyodide);
}
process.stdout.write(`right: ${name}\n`);
