// node hostile.mjs PYODIDE-FOLDER WRONGS.SO: objects that hide what they are, or change while they are listed, hide nothing and
// invent nothing.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { audit, repair } from '../../../npm/audit/index.mjs';
import { ensure } from '../attach/case.mjs';

/** All stay alive beside each other. @type {Record<string, string>} */
const HOSTILE = {
  'a metaclass whose classes cannot be hashed': `
class Equal(type):
    def __eq__(self, other): return True
class Unhashable(metaclass=Equal): pass
kept = [Unhashable()]`,
  'a metaclass that runs code wherever it is asked': `
class Asked(type):
    def refuse(self, *arguments): raise RuntimeError('code of a metaclass runs')
    __getattribute__ = __hash__ = __eq__ = __instancecheck__ = __subclasscheck__ = refuse
    __name__ = property(refuse)
class Secret(metaclass=Asked): pass
kept.append(Secret())`,
  'a class with the name of a capsule': `
class PyCapsule:
    __slots__ = 'a', 'b', 'c', 'd', 'e'
capsule = PyCapsule()
capsule.a = capsule.b = capsule.c = capsule.d = capsule.e = object()`,
  'modules whose names are no names': `
import types
class Name:
    def __str__(self): raise RuntimeError('no text')
modules = [types.ModuleType('a'), types.ModuleType('b'), types.ModuleType('c')]
modules[0].__name__ = Name()
modules[1].__name__ = 'a\\udc80|b\\nc=d'
del modules[2].__name__`,
  'a module that is none': `
import sys, _datetime
class Module:
    def __bool__(self): raise RuntimeError('no truth')
_datetime.datetime_CAPI = 5
sys.modules['a module'] = sys.modules['_datetime'] = Module()`,
  'modules that change whenever the collector runs': `
import gc
def change(phase, info):
    for each in modules:
        setattr(each, f'attribute{len(vars(each))}', 1)
        vars(sys)[f'attribute{len(vars(sys))}'] = 1
gc.callbacks.append(change)
gc.set_threshold(1)`,
};

const [folder = '', sideModule = ''] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(resolve(folder, 'pyodide.mjs')).href);
const start = () => loadPyodide({ indexURL: `${resolve(folder)}/` });
const pyodide = await start();
const found = async () => (await audit(pyodide, { all: true })).findings.map((each) => `${each.name} ${each.slot}`);
const before = `${await found()}`;
for (const [name, source] of Object.entries(HOSTILE)) {
  pyodide.runPython(source);
  const now = await found().catch((error) => error);
  ensure(`${now}` === before, `${name}: ${now}`);
}
ensure(pyodide.runPython('gc.isenabled()'), 'the collector is on again');

const other = await start();
other.FS.writeFile('/home/pyodide/wrongs.so', new Uint8Array(readFileSync(sideModule)));
other.runPython('import gc; gc.disable(); import wrongs');
const report = async () => (await audit(other, { modules: ['wrongs'], all: true })).findings;
const all = (await report()).length;
// The collector need not know containers of capsules, up to CPython 3.12.
other.runPython("wrongs.api = {'one': (wrongs.copy(wrongs.capsule_destructor_many),)}");
ensure((await report()).length === all + 1, 'a capsule in a tuple in a dictionary');
other.runPython('wrongs.bound = wrongs.bind(wrongs.copy(wrongs.capsule_destructor_many))');
ensure((await report()).length === all + 2, 'a capsule that a function is bound to');
other.runPython('gc.freeze()');
const frozen = (await report()).length;
ensure(frozen === all + 2, `after gc.freeze() ${frozen} of ${all + 2}`);

// Findings say what to mend; what is wrong is looked up at the time.
const wanted = (await report()).filter(({ name }) => name === 'mp_length_few');
ensure(wanted.length === 1, 'a type that is wrong');
const first = await repair(other, wanted);
const second = await repair(other, wanted);
ensure(first.mended.length === 1 && second.mended.length === 0, `mended again: ${second.mended.length}`);
first.undo();
const stranger = await repair(pyodide, wanted);
ensure(stranger.mended.length + stranger.left.length === 0, 'findings of another interpreter');

// A function whose slot of the table another one gets has an adapter of its own.
const words = () => new Uint32Array(other._module.HEAPU8.buffer);
const calls = [0, 0];
for (const index of calls.keys()) {
  const added = other._module.addFunction(() => {
    calls[index] = (calls[index] ?? 0) + 1;
  }, 'viii');
  const [finding] = (await report()).filter(({ name }) => name === 'mp_ass_subscript_result');
  const places = finding?.places ?? [];
  for (const place of places) words()[place / 4] = added;
  const { mended, undo } = await repair(
    other,
    (await report()).filter(({ tableSlot }) => tableSlot === added),
  );
  ensure(mended.length === 1, 'the function that was added');
  other.runPython('wrongs.mp_ass_subscript_result()[0] = 1');
  undo();
  for (const place of places) ensure(words()[place / 4] === added, 'undone');
  other._module.removeFunction(added);
}
ensure(`${calls}` === '1,1', `${calls} calls`);

// Nothing is written where a type was that is gone: the memory is someone else's.
const last = await repair(other, wanted);
const [place = 0] = last.mended[0]?.places ?? [];
const adapter = words()[place / 4];
other.runPython('gc.unfreeze(); del wrongs.mp_length_few; gc.collect()');
const late = await repair(other, wanted);
ensure(late.mended.length === 0, 'a type that is gone');
other.runPython(`word = (${adapter}).to_bytes(4, 'little')
texts = [word * length for length in range(80, 140) for _ in range(40)]`);
ensure(words()[place / 4] === adapter, 'its memory is in use again');
last.undo();
ensure(other.runPython('texts == [word * (len(each) // 4) for each in texts]'), 'undo wrote into a text');
process.stdout.write('right: hostile\n');
