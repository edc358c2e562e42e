"""Tests that wheels from PyPI ship, or uses of those that ship none: what they say, as text to compare."""

import io
import random
import sys
import unittest


def shipped(*names):
    """Each test with its outcome."""

    class Outcomes(unittest.TextTestResult):
        def stopTest(self, test):
            wrong = {id(t) for t, _ in self.failures + self.errors}
            skipped = {id(t) for t, _ in self.skipped}
            outcome = "wrong" if id(test) in wrong else "skipped" if id(test) in skipped else "right"
            outcomes.append(f"{test.id()} {outcome}")
            super().stopTest(test)

    outcomes = []
    suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    unittest.TextTestRunner(io.StringIO(), resultclass=Outcomes).run(suite)
    return sorted(outcomes)


def bitarray():
    random.seed(11)
    import bitarray.test_bitarray

    names = [
        f"bitarray.test_bitarray.{name}"
        for name in ("TestsModuleFunctions", "CreateObjectTests", "ToObjectsTests", "MetaDataTests", "SliceTests",
                     "MiscTests", "PickleTests", "RichCompareTests", "CopyReprTests", "ExtendTests", "MethodTests",
                     "CountTests", "IndexTests", "BytesTests", "FileTests", "DecodeTreeTests", "BufferImportTests",
                     "BufferExportTests")
        if hasattr(bitarray.test_bitarray, name)
    ]
    return shipped(*names)


def simplejson():
    import importlib
    import pkgutil

    import simplejson.tests

    # Those that start other programs cannot run in a browser.
    names = [f"simplejson.tests.{module.name}" for module in pkgutil.iter_modules(simplejson.tests.__path__)]
    return shipped(*(name for name in names if not name.endswith("test_tool")))


def xxhash():
    import xxhash

    outcomes = []
    for name in "xxh32", "xxh64", "xxh3_64", "xxh3_128":
        hasher = getattr(xxhash, name)(b"abc", seed=7)
        hasher.update(b"x" * 1000)
        copy = hasher.copy()
        outcomes += [name, hasher.digest(), hasher.hexdigest(), hasher.intdigest(), copy.hexdigest()]
        outcomes += [hasher.name, hasher.block_size, hasher.digest_size, hasher.seed, hasher.digestsize]
        hasher.reset()
        outcomes.append(hasher.hexdigest())
    return outcomes


def msgpack():
    import msgpack

    value = {"a": [1, 2.5, None, True, b"bytes", "text"], "b": {"c": list(range(300))}, "t": msgpack.Timestamp(5, 7)}
    packed = msgpack.packb(value)
    unpacker = msgpack.Unpacker()
    unpacker.feed(packed * 3)
    packer = msgpack.Packer(autoreset=False)
    packer.pack([1]), packer.pack_array_header(2), packer.pack(1), packer.pack("x")
    outcomes = [packed, msgpack.unpackb(packed), list(unpacker), unpacker.tell(), packer.bytes()]
    packer.reset()
    return [*outcomes, packer.bytes(), msgpack.unpackb.__module__]


def apsw():
    import apsw

    db = apsw.Connection(":memory:")
    outcomes = []
    db.create_scalar_function("twice", lambda x: x * 2)
    db.create_aggregate_function("longest", lambda: ([""], lambda c, x: c.__setitem__(0, max(c[0], x, key=len)),
                                                     lambda c: c[0]))
    db.create_collation("backwards", lambda a, b: (a < b) - (a > b))
    with db:
        db.execute("create table t(x, y)")
        db.executemany("insert into t values(?, ?)", [(n, "y" * n) for n in range(50)])
    outcomes += list(db.execute("select twice(x), y from t order by y collate backwards limit 5"))
    outcomes += list(db.execute("select longest(y), count(*) from t"))
    cursor = db.cursor()
    cursor.execute("select * from t")
    outcomes += [cursor.description, cursor.fetchone(), len(cursor.fetchall()), db.total_changes(), db.filename]
    db.close()
    # `__main__`, the rest of what it ships, runs as well, but takes a minute.
    return outcomes + shipped(*(f"apsw.tests.{name}" for name in ("carray", "ftstests", "jsonb", "sessiontests")))


def run(name):
    return "\n".join(map(repr, globals()[name]()))
