"""Python's calls of every mismatched function, in every way that CPython has to call one.

PYEM_EXPECT names the path that must be live, so that no path passes for another.
"""

import dis
import functools
import itertools
import operator
import os
import unittest

import mismatched

KINDS = "noargs", "o", "varargs", "keywords"
UNEXPECTED = {"four": 4, "five": 5, "no_result": 2, "i64_parameter": 2, "i64_result": 2, "f32_parameter": 2,
              "f32_result": 2, "f64_parameter": 2, "f64_result": 2}
MESSAGE = "Handler has unexpected call signature"
ARGUMENT = object()
PATH = os.environ["PYEM_EXPECT"]


def holds(count):
    """The message about a function of so many parameters, of which each name above has one."""
    types = " that are not all i32, or with a result that is not one i32" if count <= 3 else ""
    return rf": slot \d+ holds a function of {count} parameters{types}$"


def arguments(kind):
    """What a caller passes, and what reaches C behind `self`; None stands for NULL."""
    return {
        "noargs": ((), {}, (None, None)),
        "o": ((ARGUMENT,), {}, (ARGUMENT, None)),
        "varargs": ((ARGUMENT, 2), {}, ((ARGUMENT, 2), None)),
        "keywords": ((ARGUMENT,), {"key": 3}, ((ARGUMENT,), {"key": 3})),
    }[kind]


class Subclass(mismatched.Thing): pass


class Cases(unittest.TestCase):
    """Checks the live path before and after each test."""
    def setUp(self):
        self.check_path()
        self.addCleanup(self.check_path)

    def check_path(self):
        self.assertEqual(mismatched.live_path(), PATH)


class Methods(Cases):
    """Methods of arity 0 to 3 under each calling convention."""

    def check(self, name, kind, arity, owner, self_, call):
        positional, keywords, reaches = arguments(kind)
        want = (self_, *reaches)[:arity]
        got = call(owner, name, positional, keywords)
        self.assertEqual(got, want, f"{name} of {owner!r}")

    WAYS = {
        "getattr": lambda o, name, a, k: getattr(o, name)(*a, **k),
        "bound method, kept": lambda o, name, a, k: (bound := getattr(o, name), bound(*a, **k))[1],
        "methodcaller": lambda o, name, a, k: operator.methodcaller(name, *a, **k)(o),
        "partial": lambda o, name, a, k: functools.partial(getattr(o, name), *a, **k)(),
        "map": lambda o, name, a, k: next(map(lambda _: getattr(o, name)(*a, **k), [0])),
        "sorted key": lambda o, name, a, k: sorted(
            [([], 1)], key=lambda item: item[0].append(getattr(o, name)(*a, **k)) or 0)[0][0][0],
        "reduce": lambda o, name, a, k: functools.reduce(lambda x, y: getattr(o, name)(*a, **k), [0, 1]),
        "generator": lambda o, name, a, k: next(getattr(o, name)(*a, **k) for _ in [0]),
    }

    def each(self, owner, self_, prefix=""):
        for kind, arity in itertools.product(KINDS, range(4)):
            for way, call in self.WAYS.items():
                with self.subTest(kind=kind, arity=arity, way=way):
                    self.check(f"{prefix}{kind}{arity}", kind, arity, owner, self_, call)

    def test_functions_of_a_module(self):
        self.each(mismatched, mismatched)

    def test_methods_of_an_instance(self):
        thing = mismatched.Thing()
        self.each(thing, thing)

    def test_methods_of_a_subclass(self):
        thing = Subclass()
        self.each(thing, thing)

    def test_methods_through_super(self):
        class Child(mismatched.Thing):
            def __getattribute__(self, name):
                return getattr(super(), name)

        thing = Child()
        self.each(thing, thing)

    def test_class_methods(self):
        for owner in mismatched.Thing, Subclass:
            self.each(owner, owner, "class_")
            self.each(owner(), owner, "class_")

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


class CallSites(Cases):
    """Call sites that the interpreter has specialised."""

    SITES = {
        "noargs": ("thing.noargs{}()", "CALL_METHOD_DESCRIPTOR_NOARGS"),
        "o": ("thing.o{}(ARGUMENT)", "CALL_METHOD_DESCRIPTOR_O"),
        "module o": ("mismatched.o{}(ARGUMENT)", "CALL_BUILTIN_O"),
        "varargs": ("thing.varargs{}(ARGUMENT, 2)", "CALL_NON_PY_GENERAL"),
        "keywords": ("thing.keywords{}(ARGUMENT, key=3)", "CALL_KW_NON_PY"),
        "star": ("thing.keywords{}(*(ARGUMENT,), **{{'key': 3}})", "CALL_FUNCTION_EX"),
    }

    def test_specialised(self):
        thing = mismatched.Thing()
        for (site, (text, instruction)), arity in itertools.product(self.SITES.items(), range(4)):
            with self.subTest(site=site, arity=arity):
                scope = {"mismatched": mismatched, "ARGUMENT": ARGUMENT}
                exec(f"def loop(thing, n):\n    for _ in range(n): got = {text.format(arity)}\n    return got", scope)
                loop = scope["loop"]
                self_ = mismatched if site.startswith("module") else thing
                kind = site.split()[-1].replace("star", "keywords")
                want = (self_, *arguments(kind)[2])[:arity]
                for n in 1, 100, 1000:
                    self.assertEqual(loop(thing, n), want)
                names = {i.opname for i in dis.get_instructions(loop, adaptive=True)}
                if site != "keywords":  # 3.13 has no specialised form of CALL_KW
                    self.assertIn(instruction, names)

    def test_one_site_many_callees(self):
        thing = mismatched.Thing()
        methods = [getattr(thing, f"o{arity}") for arity in range(4)]
        wants = [(thing, ARGUMENT, None)[:arity] for arity in range(4)]
        for _ in range(500):
            for method, want in zip(methods, wants):
                self.assertEqual(method(ARGUMENT), want)


class Attributes(Cases):
    """Getters and setters."""

    def test_getters(self):
        for owner in mismatched.Thing(), Subclass():
            for arity in range(3):
                for _ in range(200):
                    want = (owner, None)[:arity]
                    self.assertEqual(getattr(owner, f"get{arity}"), want)
                descriptor = mismatched.Thing.__dict__[f"get{arity}"]
                self.assertEqual(descriptor.__get__(owner), want)

    def test_setters(self):
        for owner in mismatched.Thing(), Subclass():
            for arity in range(1, 4):
                name = f"set{arity}"
                for _ in range(200):
                    setattr(owner, name, ARGUMENT)
                    self.assertEqual(mismatched.last_set(), (owner, ARGUMENT, None)[:arity])
                delattr(owner, name)
                self.assertEqual(mismatched.last_set(), (owner, None, None)[:arity])
                self.assertEqual(getattr(owner, name), (owner,))

    def test_a_setter_that_fails(self):
        with self.assertRaisesRegex(ValueError, "Thing refuses"):
            mismatched.Thing().refuses = 1


class Calls(Cases):
    """tp_call."""

    def test_tp_call(self):
        for arity in range(4):
            base = getattr(mismatched, f"call_takes{arity}")
            for type_ in base, type("Subclass", (base,), {}):
                callee = type_()
                for _ in range(200):
                    got = callee(ARGUMENT, key=3)
                    self.assertEqual(got, (callee, (ARGUMENT,), {"key": 3})[:arity])
                    self.assertEqual(callee(), (callee, (), None)[:arity])
                self.assertEqual(list(map(callee, [1])), [(callee, (1,), None)[:arity]])
                sorted([2, 1], key=lambda item: len(callee(item)))


class Unexpected(Cases):
    """What cannot be called raises SystemError, never traps, and calls nothing."""

    def refuses(self, call, detail):
        for _ in range(3):
            with self.assertRaises(SystemError) as caught:
                call()
            text = str(caught.exception)
            self.assertTrue(text.startswith(MESSAGE), text)
            self.assertRegex(text, detail)
            self.assertIn(f"path {PATH}", text)
        self.assertEqual(mismatched.noargs1(), (mismatched,), "the interpreter goes on")
        self.assertEqual(mismatched.times_reached(), 0)

    def test_methods(self):
        thing = mismatched.Thing()
        for (name, count), kind in itertools.product(UNEXPECTED.items(), KINDS):
            positional, keywords, _ = arguments(kind)
            for owner in mismatched, thing, Subclass():
                with self.subTest(name=name, kind=kind, owner=owner):
                    method = getattr(owner, f"{name}_{kind}")
                    self.refuses(lambda: method(*positional, **keywords), holds(count))

    def test_attributes(self):
        thing = mismatched.Thing()
        for name, count in UNEXPECTED.items():
            with self.subTest(name=name):
                self.refuses(lambda: getattr(thing, name), holds(count))
                self.refuses(lambda: setattr(thing, name, 1), holds(count))
                self.refuses(lambda: setattr(Subclass(), name, None), holds(count))
                self.refuses(lambda: delattr(thing, name), holds(count))

    def test_a_setter_fails_where_it_stands(self):
        """Setters return int: were null their failure, the error would come up elsewhere."""
        thing, after = mismatched.Thing(), []

        def assign():
            thing.four = 1
            after.append("the next statement")

        self.refuses(assign, holds(4))
        self.assertEqual(after, [])

    def test_one_function_as_getter_and_setter(self):
        thing = mismatched.Thing()
        for name in "both", "closure":
            self.refuses(lambda: getattr(thing, name), holds(4))
            self.refuses(lambda: setattr(thing, name, 1), holds(4))

    def test_tp_call(self):
        for name, count in UNEXPECTED.items():
            with self.subTest(name=name):
                self.refuses(getattr(mismatched, f"call_{name}")(), holds(count))

    def test_null_and_wild_pointers(self):
        length = mismatched.table_length()
        wild = {length, length + 1, 0xFFFF, 0x10000, 0x10001, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF}
        for kind in KINDS:
            positional, keywords, _ = arguments(kind)
            call = lambda slot: lambda: mismatched.function_at(slot, mismatched.FLAGS[kind])(*positional, **keywords)
            if kind in ("varargs", "keywords"):
                self.refuses(call(0), "null pointer")
            else:  # CPython looks for null itself, except at a specialised call site
                self.assertRaises(SystemError, call(0))
            for slot in sorted(slot for slot in wild if slot >= length):
                with self.subTest(kind=kind, slot=slot):
                    self.refuses(call(slot), rf"slot {slot} is outside the function table of {length} slots")

    def test_null_at_a_specialised_call_site(self):
        functions = [mismatched.o1] * 100 + [mismatched.function_at(0, mismatched.FLAGS["o"])]

        def call_all():
            for function in functions:
                function(ARGUMENT)

        self.refuses(call_all, "null pointer")


class Table(Cases):
    def test_resolutions_are_of_the_live_path(self):
        mismatched.reset()
        for path, count in mismatched.resolutions().items():
            # Calling resolutions() is a resolution by itself.
            self.assertLessEqual(count, 1 if path == PATH else 0)
        for _ in range(100):
            mismatched.noargs1()
        counts = mismatched.resolutions()
        self.assertGreater(counts.pop(PATH), 0)
        self.assertEqual(set(counts.values()), {0}, counts)

    def test_a_slot_is_resolved_once(self):
        mismatched.reset()
        mismatched.noargs0(), mismatched.resolutions()
        before = mismatched.resolutions()[PATH]
        for _ in range(1000):
            mismatched.noargs0()
        # The loop itself may call some method for the first time: a handful, not a thousand.
        self.assertLess(mismatched.resolutions()[PATH] - before, 10)


if __name__ == "__main__":
    unittest.main()
