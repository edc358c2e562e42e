// Where the walk begins: addresses of live objects, collected by Python. Licence: MIT OR Apache-2.0.

/** @typedef {Record<string, any>} Module of emscripten */

/**
 * @typedef {object} Collected
 * @property {Record<string, Uint32Array>} numbers facts and addresses: audit/web/src/lib.rs reads them
 * @property {string[]} names of the modules
 * @property {string} python its version
 * @property {() => void} release lets go of the objects, whose addresses hold until then
 */

/**
 * `_pyem_roots()` returns lines `name=text`, and the objects, so that none goes away. It imports nothing that is not
 * built in and calls no code of the objects: a type's `__dict__` is read past its metaclass.
 */
const COLLECT = `
def _pyem_roots():
    import gc, sys, builtins
    type_, module = type, type(sys)
    type_dict = type_.__dict__['__dict__'].__get__
    module_dict = module.__dict__['__dict__'].__get__
    wrapper, getset = type_(object.__repr__), type_(type_.__dict__['__abstractmethods__'])
    named = {wrapper: 'wrappers', getset: 'getsets', type_(str.join): 'methods',
             type_(type_dict(dict)['fromkeys']): 'methods'}
    bases = {type_: 'types', module: 'modules', type_(len): 'functions'}
    kinds = {}
    def kind_of(cls):
        for base in cls.__mro__:
            if base in bases:
                return bases[base]
            if base.__name__ == 'PyCapsule' and base.__base__ is object:
                return 'capsules'
        return named.get(cls)
    found = {name: {} for name in (*named.values(), *bases.values(), 'capsules')}
    def take(objects):
        for each in objects:
            cls = type_(each)
            try:
                kind = kinds[cls]
            except KeyError:
                kind = kinds[cls] = kind_of(cls)
            if kind is not None:
                found[kind][id(each)] = each
    tracked = gc.get_objects()
    take(tracked)
    # What others refer to is asked for by their tp_traverse, which may be wrong itself: only CPython's own are called.
    own = {dict, list, tuple, set, frozenset, type_, type_(kind_of), type_(kind_of.__closure__[0])}
    tracked = [each for each in tracked if type_(each) in own]
    # In pieces, since memory that has grown stays so.
    for start in range(0, len(tracked), 1000):
        take(gc.get_referents(*tracked[start:start + 1000]))
    del tracked
    waiting = [object, *found['types'].values()]
    seen = set()
    while waiting:
        each = waiting.pop()
        if id(each) not in seen:
            seen.add(id(each))
            found['types'][id(each)] = each
            waiting += type_.__subclasses__(each)
            waiting += type_.__dict__['__mro__'].__get__(each) or ()
            # A static type that nobody has made ready has none.
            take((type_dict(each) or {}).values())
    for each in list(found['modules'].values()):
        take(module_dict(each).values())
    async def coroutine():
        yield
    builtin = [type_, object, int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset,
               range, slice, memoryview, type_(coroutine()), type_(type_.__dict__), type_(len), type_(coroutine),
               *(each for each in type_.__subclasses__(object) if each.__name__ in ('coroutine', 'async_generator'))]
    proofs = {id(each): each for cls in builtin for each in type_dict(cls).values()
              if type_(each) is wrapper and each.__objclass__ is cls}
    datetime = sys.modules.get('_datetime')
    capsule = module_dict(datetime).get('datetime_CAPI') if datetime else None
    mro, bases_ = type_.__mro__, type_.__bases__
    facts = {
        'major': sys.version_info.major, 'minor': sys.version_info.minor,
        'free_threaded': 't' in getattr(sys, 'abiflags', ''), 'trace_refs': hasattr(sys, 'getobjects'),
        'type': id(type_), 'object': id(object), 'basicsize': type_.__basicsize__, 'itemsize': type_.__itemsize__,
        'flags': type_.__flags__, 'dictoffset': type_.__dictoffset__, 'weakrefoffset': type_.__weakrefoffset__,
        'mro': id(mro), 'bases': id(bases_), 'str': id(str), 'join': id(str.join),
        'getset': id(type_.__dict__['__abstractmethods__']), 'len': id(len), 'builtins': id(builtins),
        'builtins_dict': id(module_dict(builtins)), 'builtins_name': id(builtins.__name__),
        'capsule': id(capsule) if capsule is not None else 0,
    }
    lines = [f'{name}={int(value)}' for name, value in facts.items()]
    lines += [f'{name}={",".join(map(str, objects))}' for name, objects in (*found.items(), ('proofs', proofs))]
    names = [str(module_dict(each).get('__name__')) for each in found['modules'].values()]
    lines.append('names=' + '|'.join(name.replace('|', '?').replace('\\n', '?') for name in names))
    lines.append('python=' + sys.version.partition(' ')[0])
    return '\\n'.join(lines), (found, proofs, mro, bases_)
`;

/** What Python calls the pair that it keeps. */
const KEPT = '_pyem_kept';
const FILE = '/pyem-roots';

/** @param {string} message @returns {never} */
function fail(message) {
  throw new Error(`pyem-trampoline: ${message}`);
}

/**
 * Collects the roots of a running interpreter.
 *
 * @param {any} pyodide what `loadPyodide` returned, or an emscripten `Module` of a CPython
 * @returns {Collected}
 */
export function collect(pyodide) {
  return parse(pyodide?.['runPython'] ? fromPyodide(pyodide) : fromModule(pyodide));
}

/**
 * The same where Pyodide refuses to run Python because C has trapped. What the trap interrupted stays as it is.
 *
 * @param {any} pyodide
 * @returns {Collected}
 */
export function collectAfterTrap(pyodide) {
  return parse(fromModule(pyodide?.['_module'] ?? pyodide));
}

/** @param {{ text: string, release: () => void }} collected @returns {Collected} */
function parse({ text, release }) {
  /** @type {Record<string, string>} */
  const lines = Object.fromEntries(text.split('\n').map((/** @type {string} */ line) => line.split(/=(.*)/s, 2)));
  const { 'names': names = '', 'python': python = '', ...rest } = lines;
  /** @type {Record<string, Uint32Array>} */
  const numbers = {};
  for (const [name, list] of Object.entries(rest)) {
    numbers[name] = Uint32Array.from(list === '' ? [] : list.split(','), Number);
  }
  return { numbers, names: names.split('|'), python, release };
}

/** @param {any} pyodide */
function fromPyodide(pyodide) {
  const globals = pyodide['toPy']({});
  const run = (/** @type {string} */ code) => pyodide['runPython'](code, { 'globals': globals });
  const text = run(`${COLLECT}\n${KEPT} = _pyem_roots()\n${KEPT}[0]`);
  return {
    text,
    release: () => {
      run('globals().clear()');
      globals.destroy();
    },
  };
}

/** @param {Module} module */
function fromModule(module) {
  const { 'ccall': ccall, 'FS': FS } = module ?? {};
  if (!module?.['_PyRun_SimpleString'] || !ccall || !FS) {
    fail(
      'hand in what `await loadPyodide()` returned, or an emscripten Module of CPython linked with -sEXPORTED_FUNCTIONS=_main,_PyRun_SimpleString,_PyGILState_Ensure,_PyGILState_Release -sEXPORTED_RUNTIME_METHODS=ccall,FS,wasmTable,wasmMemory',
    );
  }
  const run = (/** @type {string} */ code) => {
    const state = module['_PyGILState_Ensure']();
    const failed = ccall('PyRun_SimpleString', 'number', ['string'], [code]) !== 0;
    module['_PyGILState_Release'](state);
    if (failed) fail('collecting the live objects failed in Python: standard error says why');
  };
  run(`${COLLECT}\n${KEPT} = _pyem_roots()\nwith open('${FILE}', 'w') as file: file.write(${KEPT}[0])\ndel file`);
  const text = FS['readFile'](FILE, { 'encoding': 'utf8' });
  FS['unlink'](FILE);
  return { text, release: () => run(`del _pyem_roots, ${KEPT}`) };
}
