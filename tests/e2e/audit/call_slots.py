"""Calls every slot of the generated module `wrongs` the way Python does, and counts."""

import gc
import operator

import wrongs

TIMES = 2000


def subclass_instances(cls, times):
    """Garbage in cycles: only the collector ends them."""
    class Cycle(cls):
        pass
    for _ in range(times):
        each = Cycle()
        each.itself = each
    del each
    gc.collect()


def drive(coroutine):
    try:
        coroutine.send(None)
    except StopIteration:
        pass


async def awaits(each):
    await each


async def loops(each):
    async for _ in each:
        break


def with_descriptor(each):
    class Owner:
        attribute = each
    return Owner()


def set_item(each, key):
    each[key] = 1


def assign(each, name):
    setattr(each, name, 1)


def in_place(name):
    return lambda each: getattr(operator, name)(each, 1)


BINARY = {
    'add': operator.add, 'subtract': operator.sub, 'multiply': operator.mul, 'remainder': operator.mod,
    'divmod': divmod, 'power': operator.pow, 'lshift': operator.lshift, 'rshift': operator.rshift,
    'and': operator.and_, 'xor': operator.xor, 'or': operator.or_, 'floor_divide': operator.floordiv,
    'true_divide': operator.truediv, 'matrix_multiply': operator.matmul,
}
IN_PLACE = {
    'add': 'iadd', 'subtract': 'isub', 'multiply': 'imul', 'remainder': 'imod', 'power': 'ipow', 'lshift': 'ilshift',
    'rshift': 'irshift', 'and': 'iand', 'xor': 'ixor', 'or': 'ior', 'floor_divide': 'ifloordiv',
    'true_divide': 'itruediv', 'matrix_multiply': 'imatmul',
}

# What to do with an instance, so that its slot is called once.
WITH_INSTANCE = {
    'tp_getattr': lambda each: each.name, 'tp_setattr': lambda each: assign(each, 'name'),
    'tp_repr': repr, 'tp_hash': hash, 'tp_call': lambda each: each(), 'tp_str': str,
    'tp_getattro': lambda each: each.name, 'tp_setattro': lambda each: assign(each, 'name'),
    'tp_richcompare': lambda each: each == 1, 'tp_iter': iter, 'tp_iternext': next,
    'tp_descr_get': lambda each: with_descriptor(each).attribute,
    'tp_descr_set': lambda each: assign(with_descriptor(each), 'attribute'),
    'tp_is_gc': gc.is_tracked,
    'am_await': lambda each: drive(awaits(each)), 'am_aiter': lambda each: drive(loops(each)),
    'am_anext': lambda each: drive(loops(each)), 'am_send': wrongs.send,
    **{f'nb_{name}': (lambda f: lambda each: f(each, 1))(f) for name, f in BINARY.items()},
    **{f'nb_inplace_{name}': in_place(f) for name, f in IN_PLACE.items()},
    'nb_negative': operator.neg, 'nb_positive': operator.pos, 'nb_absolute': abs, 'nb_bool': bool,
    'nb_invert': operator.invert, 'nb_int': int, 'nb_float': float, 'nb_index': operator.index,
    'mp_length': len, 'mp_subscript': lambda each: each['key'], 'mp_ass_subscript': lambda each: set_item(each, 'key'),
    'sq_length': len, 'sq_concat': lambda each: each + each, 'sq_repeat': lambda each: each * 3,
    'sq_item': lambda each: each[0], 'sq_ass_item': lambda each: set_item(each, 0), 'sq_contains': lambda each: 1 in each,
    'sq_inplace_concat': lambda each: operator.iconcat(each, each),
    'sq_inplace_repeat': lambda each: operator.imul(each, 3),
    'bf_getbuffer': memoryview, 'bf_releasebuffer': lambda each: memoryview(each).release(),
    'getter': lambda each: each.m, 'setter': lambda each: assign(each, 'm'),
    'METH_NOARGS': lambda each: each.m(), 'METH_O': lambda each: each.m(1), 'METH_VARARGS': lambda each: each.m(1, 2),
    'METH_VARARGS|METH_KEYWORDS': lambda each: each.m(1, k=2), 'METH_FASTCALL': lambda each: each.m(1, 2),
    'METH_FASTCALL|METH_KEYWORDS': lambda each: each.m(1, k=2),
    'METH_METHOD|METH_FASTCALL|METH_KEYWORDS': lambda each: each.m(1, k=2),
}
# What making an instance calls, or ending it.
WITH_TYPE = {'tp_init', 'tp_alloc', 'tp_new', 'tp_vectorcall', 'tp_dealloc', 'tp_free', 'tp_del', 'tp_finalize'}
WITH_GARBAGE = {'tp_traverse', 'tp_clear'}
# Python's own subclasses have others.
NOT_INHERITED = {'am_send', 'tp_getattr', 'tp_setattr', 'tp_alloc', 'tp_free', 'tp_vectorcall', 'tp_del', 'tp_is_gc'}
MODULE = {'m_traverse', 'm_clear', 'm_free'}


def calls(slot, name):
    """How to call what `wrongs.name` has: functions that call it so many times, with what they are about."""
    wrong = getattr(wrongs, name)
    if name.startswith('function_'):
        holder = type('Holder', (), {'m': staticmethod(wrong)})
        return {'function': lambda times: repeat(WITH_INSTANCE[slot], holder(), times)}
    if slot in MODULE:
        return {'modules': lambda times: modules(wrong, times)}
    if slot == 'Py_mod_create':
        return {'module': lambda times: repeat(wrongs.make, wrong, times)}
    if slot == 'Py_mod_exec':
        return {'module': lambda times: repeat(wrongs.execute, wrong, times)}
    if slot == 'capsule destructor':
        return {'capsules': lambda times: repeat(wrongs.copy, wrong, times)}
    classes = {'type': wrong}
    if slot not in NOT_INHERITED:
        classes['subclass made before'] = SUBCLASSES[name]
        classes['subclass made later'] = type('Later', (wrong,), {'__slots__': ()})
    if slot in WITH_GARBAGE:
        return {key: (lambda cls: lambda times: subclass_instances(cls, times))(cls) for key, cls in classes.items()}
    if slot in WITH_TYPE:
        return {key: (lambda cls: lambda times: repeat(lambda cls: cls(), cls, times))(cls) for key, cls in classes.items()}
    return {key: (lambda cls: lambda times: repeat(WITH_INSTANCE[slot], cls(), times))(cls) for key, cls in classes.items()}


def repeat(call, argument, times):
    for _ in range(times):
        try:
            call(argument)
        except Exception:
            pass


def modules(wrong, times):
    """Garbage again."""
    gc.disable()
    for _ in range(times):
        module = wrongs.again(wrong)
        # The module's dict is cleared first. The list keeps the module until it is cleared itself.
        module.itself = itself = [module]
        itself.append(itself)
    del module, itself
    gc.collect()
    gc.enable()


# Made before anything is mended, from bases that are wrong.
SUBCLASSES = {
    name: type('Before', (cls,), {'__slots__': ()}) for name, cls in vars(wrongs).items() if type(cls) is type
}


def verdict(slot, name, number):
    """What calling a function through the trampoline does, before anything is mended."""
    wrong = getattr(wrongs, name)
    holder = type('Holder', (), {'m': staticmethod(wrong)}) if name.startswith('function_') else wrong
    before = wrongs.count(number)
    try:
        WITH_INSTANCE[slot](holder())
        called = wrongs.count(number) - before
    except SystemError:
        return 'refused'
    return 'handled' if called == 1 else 'not called'


def run(slot, name, number):
    """Calls the slot thousands of times while the collector runs often; returns what was not called, or ''."""
    missed = []
    for key, call in calls(slot, name).items():
        before = wrongs.count(number)
        call(TIMES)
        called = wrongs.count(number) - before
        if called < TIMES:
            missed.append(f'{name}, {key}: {called} of {TIMES} calls')
    gc.collect()
    return '\n'.join(missed)
