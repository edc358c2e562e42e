// What runs a call in Python. Licence: MIT OR Apache-2.0.

/** Request and answer pass through this device, so that neither lies on C's stack. */
export const DEVICE = '/dev/pyem-call';

/** It has builtins of its own and binds what it calls: a source may patch all modules, and is still answered. */
const SOURCE = `
import _ast, __main__, gc, json.encoder, linecache, os, sys, traceback
NAME = '<call>'
ONLY_AST = 0x400
names, cache = __main__.__dict__, linecache.cache
loads = json.JSONDecoder().decode
file_open, file_read, file_write, file_close = os.open, os.read, os.write, os.close
format_exception = traceback.format_exception
hooks = sys.setprofile, sys.settrace
streams = sys.stdout, sys.stderr
Expr, Expression = _ast.Expr, _ast.Expression

def unknown(value):
    raise TypeError('the value is no JSON')

# All of it is in C, out of reach of patches. The last argument refuses NaN and infinities.
encode = json.encoder.c_make_encoder(
    {}, unknown, json.encoder.encode_basestring_ascii, None, ':', ',', False, False, False)

def request(size):
    file = file_open('${DEVICE}', os.O_RDONLY)
    parts = []
    while size > 0:
        parts.append(file_read(file, size))
        size -= len(parts[-1])
    file_close(file)
    return loads(b''.join(parts).decode())

def answer(result):
    data = memoryview(''.join(encode(result, 0)).encode())
    try:
        file = file_open('${DEVICE}', 1)
    except OSError:
        # The call has opened all files that there are.
        file_close(3)
        file = file_open('${DEVICE}', 1)
    while data:
        data = data[file_write(file, data):]
    file_close(file)

def flush():
    for stream in (sys.stdout, sys.stderr, *streams):
        try:
            stream.flush()
        except BaseException:
            pass

def value_of(source):
    tree = compile(source, NAME, 'exec', ONLY_AST, True)
    last = None
    if tree.body and isinstance(tree.body[-1], Expr):
        last = compile(Expression(tree.body.pop().value), NAME, 'eval', 0, True)
    try:
        if tree.body:
            exec(compile(tree, NAME, 'exec', 0, True), names)
        return last and eval(last, names)
    finally:
        # They would see what follows, and may raise.
        for unset in hooks:
            try:
                unset(None)
            except BaseException:
                pass

def exited(status):
    if status is not None and not isinstance(status, int):
        try:
            streams[1].write(f'{status}\\n')
        except BaseException:
            pass
        status = 1
    # As C does, of which CPython's is -1 beyond its numbers.
    status = (status or 0) & 0xff if -2**31 <= (status or 0) < 2**31 else 0xff
    return {'code': 'exit', 'message': f'exit {status}', 'status': status}

def failed(error, source):
    kind = type.__dict__['__name__'].__get__(type(error))
    code = 'memory' if isinstance(error, MemoryError) else 'python'
    try:
        cache[NAME] = len(source), None, source.splitlines(True), NAME
        at = error.__traceback__
        while at and at.tb_frame.f_globals is globals():
            at = at.tb_next
        text = ''.join(format_exception(type(error), error, at))
        message = text.rstrip().rpartition('\\n')[2]
        return {'code': code, 'type': kind, 'message': message, 'traceback': text}
    except BaseException:
        return {'code': code, 'type': kind, 'message': kind}

def call(size):
    del names['_pyem_call']
    source = ''
    try:
        given = request(size)
        source = given['source']
        names.update(given['globals'])
        result = {'value': value_of(source)}
    except SystemExit as error:
        result = {'error': exited(error.code)}
    except BaseException as error:
        result = {'error': failed(error, source)}
    flush()
    try:
        answer(result)
    except BaseException as error:
        code = 'memory' if isinstance(error, MemoryError) else 'value'
        kind = type.__dict__['__name__'].__get__(type(error))
        answer({'error': {'code': code, 'type': kind, 'message': f'the value cannot be sent as JSON: {error}'}})

names['_pyem_call'] = call
flush()
gc.collect()
`;

/** Defines `_pyem_call(size)` in `__main__`, which reads a request of so many bytes and writes the answer. */
export const RUNNER = `import builtins
exec(compile(${JSON.stringify(SOURCE)}, '<pool>', 'exec'), {'__builtins__': dict(vars(builtins)), '__name__': '<pool>'})
del builtins
`;
