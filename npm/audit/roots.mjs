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
 * built in and runs no other code, whatever the objects are: a type is read past its metaclass and known by its address, and
 * the garbage collector is off.
 */
const COLLECT = `
def _pyem_roots():
    import gc
    collects = gc.isenabled()
    gc.disable()
    try:
        return _pyem_listed(gc)
    finally:
        if collects:
            gc.enable()

def _pyem_listed(gc):
    import sys, builtins
    from itertools import compress, filterfalse, repeat
    type_, module = type, type(sys)
    type_dict, name_of, base_of, mro_of, flags_of = (
        type_.__dict__[name].__get__ for name in ('__dict__', '__name__', '__base__', '__mro__', '__flags__'))
    module_dict = module.__dict__['__dict__'].__get__
    wrapper, getset = type_(object.__repr__), type_(type_.__dict__['__abstractmethods__'])
    # By the address of their types.
    kinds = {id(wrapper): 'wrappers', id(getset): 'getsets', id(type_(str.join)): 'methods',
             id(type_(type_dict(dict)['fromkeys'])): 'methods', id(type_): 'types', id(module): 'modules',
             id(type_(len)): 'functions', id(object): None, id(None): None}
    found = {name: {} for name in (*kinds.values(), 'capsules') if name}
    def kind_of(cls):
        classes = []
        while id(cls) not in kinds:
            classes.append(cls)
            static = not flags_of(cls) & 1 << 9
            if static and name_of(cls) == 'PyCapsule' and base_of(cls) is object:
                kinds[id(cls)] = 'capsules'
            else:
                cls = base_of(cls)
        for each in classes:
            kinds[id(each)] = kinds[id(cls)]
        return kinds[id(cls)]
    # What others refer to is asked for by their tp_traverse, which may be wrong itself: only CPython's own are called.
    own = {id(each) for each in (dict, list, tuple, set, frozenset, type_, type_(kind_of),
                                 type_(kind_of.__closure__[0]))}
    def take(objects):
        """Returns those that may be asked what they refer to. C goes through all; Python sees what is taken or new."""
        types = [*map(id, map(type_, objects))]
        for each in compress(objects, map(kinds.get, types, repeat(True))):
            kind = kind_of(type_(each))
            if kind is not None:
                found[kind][id(each)] = each
        return [*compress(objects, map(own.__contains__, types))]
    waiting = take(gc.get_objects())
    waiting += [module_dict(each) for each in sys.modules.values() if kind_of(type_(each)) == 'modules']
    # The collector lists neither what gc.freeze() has put aside nor containers of what it need not know.
    frozen, seen = gc.get_freeze_count(), set()
    while waiting:
        # In pieces, since memory that has grown stays so.
        referents = gc.get_referents(*waiting[-1000:])
        del waiting[-1000:]
        inner = take(referents)
        for each in inner if frozen else filterfalse(gc.is_tracked, inner):
            if id(each) not in seen:
                seen.add(id(each))
                waiting.append(each)
    waiting = [object, *found['types'].values()]
    seen = set()
    while waiting:
        each = waiting.pop()
        if id(each) not in seen:
            seen.add(id(each))
            found['types'][id(each)] = each
            waiting += type_.__subclasses__(each)
            waiting += mro_of(each) or ()
            # A static type that nobody has made ready has none.
            take([*(type_dict(each) or {}).values()])
    for each in [*found['modules'].values()]:
        take([*module_dict(each).values()])
    # Those of pybind11 are bound to capsules.
    bound_to = type_dict(type_(len))['__self__'].__get__
    take([bound_to(each) for each in found['functions'].values()])
    async def coroutine():
        yield
    builtin = [type_, object, int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset,
               range, slice, memoryview, type_(coroutine()), type_(type_.__dict__), type_(len), type_(coroutine),
               *(each for each in type_.__subclasses__(object) if name_of(each) in ('coroutine', 'async_generator'))]
    proofs = {id(each): each for cls in builtin for each in type_dict(cls).values()
              if type_(each) is wrapper and each.__objclass__ is cls}
    datetime = sys.modules.get('_datetime')
    capsule = module_dict(datetime).get('datetime_CAPI') if kind_of(type_(datetime)) == 'modules' else None
    mro, bases_ = type_.__mro__, type_.__bases__
    facts = {
        'major': sys.version_info.major, 'minor': sys.version_info.minor,
        'free_threaded': 't' in getattr(sys, 'abiflags', ''), 'trace_refs': hasattr(sys, 'getobjects'),
        'type': id(type_), 'object': id(object), 'basicsize': type_.__basicsize__, 'itemsize': type_.__itemsize__,
        'flags': type_.__flags__, 'dictoffset': type_.__dictoffset__, 'weakrefoffset': type_.__weakrefoffset__,
        'mro': id(mro), 'bases': id(bases_), 'str': id(str), 'join': id(str.join),
        'getset': id(type_.__dict__['__abstractmethods__']), 'len': id(len), 'builtins': id(builtins),
        'builtins_dict': id(module_dict(builtins)), 'builtins_name': id(builtins.__name__),
        'capsule': id(capsule) if kind_of(type_(capsule)) == 'capsules' else 0,
    }
    lines = [f'{name}={int(value)}' for name, value in facts.items()]
    lines += [f'{name}={",".join(map(str, objects))}' for name, objects in (*found.items(), ('proofs', proofs))]
    names = [module_dict(each).get('__name__') for each in found['modules'].values()]
    names = [name if issubclass(type_(name), str) else '?' for name in names]
    lines.append('names=' + '|'.join(str.translate(name, {10: '?', 124: '?'}) for name in names))
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
 * The same, even if Pyodide refuses to run Python because C has trapped. What the trap interrupted stays as it is.
 *
 * @param {any} pyodide
 * @returns {Collected}
 */
export function collectAfterTrap(pyodide) {
  try {
    return collect(pyodide);
  } catch {
    return parse(fromModule(pyodide?.['_module'] ?? pyodide));
  }
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
  run(
    `${COLLECT}\n${KEPT} = _pyem_roots()\nwith open('${FILE}', 'w', encoding='utf-8', errors='replace') as file: file.write(${KEPT}[0])\ndel file`,
  );
  const text = FS['readFile'](FILE, { 'encoding': 'utf8' });
  FS['unlink'](FILE);
  return { text, release: () => run(`del _pyem_roots, _pyem_listed, ${KEPT}`) };
}
