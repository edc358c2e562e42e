// node own.mjs GROWS FIXED NAMED: CPython with our archive, linked with a table that grows, with one that does not, and with the
// names of its C functions.

import { audit, explain, repair } from '../../../npm/audit/index.mjs';
import { createPython } from '../../../xtask/js/run.mjs';
import { ensure } from '../attach/case.mjs';

const GARBAGE = `
import gc, operator
for _ in range(1000):
    d = {}
    m = operator.methodcaller('x', d)
    d['m'] = m
    later = [m]
    later.append(later)
    del d, m, later
gc.collect()
`;

/** @param {string} folder */
async function start(folder) {
  const python = await createPython(folder, { noInitialRun: true });
  python['_python_start']();
  const run = (/** @type {string} */ source) => python['ccall']('PyRun_SimpleString', 'number', ['string'], [source]);
  ensure(run('import mismatched, operator') === 0, 'imported');
  return { python, run };
}

const [grows = '', fixed = '', named = ''] = process.argv.slice(2);
const { python, run } = await start(grows);
const { findings } = await audit(python, { all: true });
const lines = findings.map(({ module, name, slot, verdict }) => `${module}.${name} ${slot} ${verdict}`);
const others = lines.filter((each) => !each.startsWith('mismatched.'));
ensure(`${others}` === 'operator.methodcaller tp_clear traps', `${others}`);
ensure(lines.includes('mismatched.noargs0 METH_NOARGS handled'), `${lines}`);
const handled = await audit(python);
ensure(
  handled.findings.every(({ verdict }) => verdict !== 'handled'),
  'only what fails',
);
const both = await Promise.all([audit(python), audit(python)]);
ensure(
  both.every(({ findings }) => findings.length === handled.findings.length),
  'two at once',
);
const repaired = await repair(python, handled.findings);
ensure(
  repaired.mended.some(({ name }) => name === 'methodcaller'),
  'mended',
);
ensure(run(GARBAGE) === 0, 'collected');
ensure(run('mismatched.noargs0()') === 0, 'what was handled still is');

const other = await start(fixed);
let message = '';
await repair(other.python).catch((error) => {
  message = error.message;
});
ensure(message === 'pyem-trampoline: the function table cannot grow: link with -sALLOW_TABLE_GROWTH', message);
ensure(other.run('mismatched.noargs0()') === 0, 'nothing is lost');

const { python: dying, run: runDying } = await start(named);
const trap = await Promise.resolve(GARBAGE)
  .then(runDying)
  .catch((error) => error);
ensure(trap instanceof WebAssembly.RuntimeError, `${trap}`);
const { text } = await explain(trap, dying);
ensure(text.includes('Most likely, by the stack:\n  operator.methodcaller, tp_clear'), `${text}\n${trap.stack}`);
process.stdout.write('right: own\n');
