"""Python's calls of mismatched functions, in every way that CPython has to call one. For an attached trampoline."""

import functools
import io
import itertools
import operator
import unittest

import mismatched

KINDS = "noargs", "o", "varargs", "keywords"
UNEXPECTED = (
    "four", "five", "no_result", "i64_parameter", "i64_result",
    "f32_parameter", "f32_result", "f64_parameter", "f64_result",
)
MESSAGE = "Handler takes too many arguments"
ARGUMENT = object()


def arguments(kind):
    """What a caller passes, and what reaches C behind `self`; None stands for NULL."""
    return {
        "noargs": ((), {}, (None, None)),
        "o": ((ARGUMENT,), {}, (ARGUMENT, None)),
        "varargs": ((ARGUMENT, 2), {}, ((ARGUMENT, 2), None)),
        "keywords": ((ARGUMENT,), {"key": 3}, ((ARGUMENT,), {"key": 3})),
    }[kind]


class Subclass(mismatched.Thing):
    pass


class Methods(unittest.TestCase):
    """Methods of arity 0 to 3 under each calling convention."""

    WAYS = {
        "getattr": lambda o, name, a, k: getattr(o, name)(*a, **k),
        "bound method, kept": lambda o, name, a, k: (bound := getattr(o, name), bound(*a, **k))[1],
        "methodcaller": lambda o, name, a, k: operator.methodcaller(name, *a, **k)(o),
        "partial": lambda o, name, a, k: functools.partial(getattr(o, name), *a, **k)(),
        "map": lambda o, name, a, k: next(map(lambda _: getattr(o, name)(*a, **k), [0])),
        "sorted key": lambda o, name, a, k: sorted(
            [([], 1)], key=lambda item: item[0].append(getattr(o, name)(*a, **k)) or 0)[0][0][0],
        "generator": lambda o, name, a, k: next(getattr(o, name)(*a, **k) for _ in [0]),
    }

    def each(self, owner, self_, prefix=""):
        for kind, arity in itertools.product(KINDS, range(4)):
            positional, keywords, reaches = arguments(kind)
            for way, call in self.WAYS.items():
                with self.subTest(kind=kind, arity=arity, way=way):
                    got = call(owner, f"{prefix}{kind}{arity}", positional, keywords)
                    self.assertEqual(got, (self_, *reaches)[:arity])

    def test_functions_of_a_module(self):
        self.each(mismatched, mismatched)

    def test_methods_of_an_instance(self):
        for thing in mismatched.Thing(), Subclass():
            self.each(thing, thing)

    def test_class_methods(self):
        for owner in mismatched.Thing, Subclass:
            self.each(owner, owner, "class_")

    def test_static_methods(self):
        for owner in mismatched.Thing, Subclass(), Subclass:
            self.each(owner, None, "static_")

    def test_method_descriptors(self):
        for kind, arity in itertools.product(KINDS, range(4)):
            with self.subTest(kind=kind, arity=arity):
                positional, keywords, reaches = arguments(kind)
                thing = Subclass()
                method = mismatched.Thing.__dict__[f"{kind}{arity}"]
                want = (thing, *reaches)[:arity]
                self.assertEqual(method(thing, *positional, **keywords), want)
                self.assertEqual(method.__get__(thing)(*positional, **keywords), want)


class CallSites(unittest.TestCase):
    """Call sites that the interpreter specialises when they are run often."""

    SITES = {
        "noargs": "thing.noargs{}()",
        "o": "thing.o{}(ARGUMENT)",
        "module o": "mismatched.o{}(ARGUMENT)",
        "varargs": "thing.varargs{}(ARGUMENT, 2)",
        "keywords": "thing.keywords{}(ARGUMENT, key=3)",
        "star keywords": "thing.keywords{}(*(ARGUMENT,), **{{'key': 3}})",
    }

    def test_run_often(self):
        thing = mismatched.Thing()
        for (site, text), arity in itertools.product(self.SITES.items(), range(4)):
            with self.subTest(site=site, arity=arity):
                scope = {"mismatched": mismatched, "ARGUMENT": ARGUMENT}
                exec(f"def loop(thing, n):\n    for _ in range(n): got = {text.format(arity)}\n    return got", scope)
                self_ = mismatched if site.startswith("module") else thing
                want = (self_, *arguments(site.split()[-1])[2])[:arity]
                for n in 1, 100, 1000:
                    self.assertEqual(scope["loop"](thing, n), want)

    def test_one_site_many_callees(self):
        thing = mismatched.Thing()
        methods = [getattr(thing, f"o{arity}") for arity in range(4)]
        wants = [(thing, ARGUMENT, None)[:arity] for arity in range(4)]
        for _ in range(500):
            for method, want in zip(methods, wants):
                self.assertEqual(method(ARGUMENT), want)


class Attributes(unittest.TestCase):
    def test_getters(self):
        for owner in mismatched.Thing(), Subclass():
            for arity in range(3):
                for _ in range(200):
                    self.assertEqual(getattr(owner, f"get{arity}"), (owner, None)[:arity])

    def test_setters(self):
        for owner in mismatched.Thing(), Subclass():
            for arity in range(1, 4):
                name = f"set{arity}"
                for _ in range(200):
                    setattr(owner, name, ARGUMENT)
                    self.assertEqual(mismatched.last_set(), (owner, ARGUMENT, None)[:arity])
                delattr(owner, name)
                self.assertEqual(mismatched.last_set(), (owner, None, None)[:arity])


class Calls(unittest.TestCase):
    def test_tp_call(self):
        for arity in range(4):
            base = getattr(mismatched, f"call_takes{arity}")
            for type_ in base, type("Subclass", (base,), {}):
                callee = type_()
                for _ in range(200):
                    self.assertEqual(callee(ARGUMENT, key=3), (callee, (ARGUMENT,), {"key": 3})[:arity])
                    self.assertEqual(callee(), (callee, (), None)[:arity])
                sorted([2, 1], key=lambda item: len(callee(item)))


class Unexpected(unittest.TestCase):
    """What cannot be called raises SystemError, never traps, and calls nothing."""

    def refuses(self, call):
        reached = mismatched.times_reached()
        for _ in range(3):
            self.assertRaisesRegex(SystemError, MESSAGE, call)
        self.assertEqual(mismatched.noargs1(), (mismatched,), "the interpreter goes on")
        self.assertEqual(mismatched.times_reached(), reached)

    def test_methods(self):
        thing = mismatched.Thing()
        for name, kind in itertools.product(UNEXPECTED, KINDS):
            positional, keywords, _ = arguments(kind)
            for owner in mismatched, thing, Subclass():
                with self.subTest(name=name, kind=kind, owner=owner):
                    method = getattr(owner, f"{name}_{kind}")
                    self.refuses(lambda: method(*positional, **keywords))

    def test_getters(self):
        thing = mismatched.Thing()
        for name in UNEXPECTED:
            with self.subTest(name=name):
                self.refuses(lambda: getattr(thing, name))

    def test_tp_call(self):
        for name in UNEXPECTED:
            with self.subTest(name=name):
                callee = getattr(mismatched, f"call_{name}")()
                # Not handed on as it is: CPython calls tp_call without a trampoline for `f(*args)`.
                self.refuses(lambda: callee())

    def test_null_and_wild_pointers(self):
        for slot in 0, 1_000_000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF:
            for kind in KINDS:
                if slot == 0 and kind in ("noargs", "o"):
                    continue  # CPython looks for null itself
                positional, keywords, _ = arguments(kind)
                function = mismatched.function_at(slot, mismatched.FLAGS[kind])
                with self.subTest(kind=kind, slot=slot):
                    self.refuses(lambda: function(*positional, **keywords))


def run():
    """The report, and how many tests ran and were right."""
    cases = Methods, CallSites, Attributes, Calls, Unexpected
    suite = unittest.TestSuite(map(unittest.defaultTestLoader.loadTestsFromTestCase, cases))
    report = io.StringIO()
    result = unittest.TextTestRunner(report).run(suite)
    return report.getvalue(), result.testsRun if result.wasSuccessful() and not result.skipped else 0


def stock():
    """What the stock trampoline makes of each call that it survives on every engine."""
    def outcome(call, *args):
        try:
            return repr(call(*args))
        except SystemError as error:
            return f"SystemError: {error}"

    return "\n".join(
        f"{name} {outcome(getattr(mismatched, name), *args)}"
        for kind, args in {"noargs": (), "o": (1,), "varargs": (1, 2)}.items()
        for name in [*(f"{kind}{arity}" for arity in range(4)), f"four_{kind}"]
    ).replace(repr(mismatched), "mismatched")
