"""Random hostile types: none changes what a refused call returns, and none of their code runs.

PYEM_EXPECT names the path that must be live, PYEM_SEED the series, PYEM_TYPES how many types.
A failure names the seed of its type: PYEM_SEED=… PYEM_ONLY=… makes that one again.
"""

import gc
import os
import random
import sys
import unittest

import mismatched
import refused

MESSAGE = "Handler has unexpected call signature"
PATH = os.environ["PYEM_EXPECT"]
SEED = os.environ.get("PYEM_SEED", "refused")
TYPES = int(os.environ.get("PYEM_TYPES", "10000"))
ONLY = os.environ.get("PYEM_ONLY")

MADE_IN_C = refused.Heap, refused.Static, refused.Immutable, refused.Callable, refused.ClosedCallable
MRO = type.__dict__["__mro__"].__get__
BASE = type.__dict__["__base__"].__get__
DICT = type.__dict__["__dict__"].__get__
SPECIAL = (
    "__getattribute__ __getattr__ __setattr__ __delattr__ __get__ __set__ __delete__ __eq__ __hash__ "
    "__bool__ __len__ __iter__ __contains__ __getitem__ __index__ __instancecheck__ __subclasscheck__ "
    "__dir__ __repr__ __str__ __format__ __reduce_ex__ __sizeof__ __prepare__"
).split()
PROPERTIES = "__class__ __mro__ __bases__ __base__ __dict__ __name__ __qualname__ __module__ __flags__ __doc__ plain".split()


class Liar(bytes):
    """Says that it is a type; an address that is read from it is outside the memory."""

    __class__ = property(lambda self: type)


def is_in(each, several):
    """`in`, without asking anyone."""
    return any(each is one for one in several)


LIES = None, 7, type, object, Liar(b"\xf0" * 500), (Liar(b"\xff" * 500),), (), [], refused.Heap, {}


class Watch:
    """Notices Python code that runs during a call."""

    def __init__(self):
        self.armed, self.ran = False, []

    def hostile(self, name, lie):
        """A function that does its worst, and in peace is not there."""

        def run(*arguments, **keywords):
            if not self.armed:
                if name in ("__hash__", "__len__", "__index__", "__sizeof__"):
                    return 0
                if name == "__getattribute__":
                    return object.__getattribute__(arguments[0], arguments[1])
                if name == "__eq__":
                    return NotImplemented
                raise AttributeError(name)
            self.ran.append(name)
            if lie is ValueError:
                raise ValueError(name)
            return lie

        return run

    def profile(self, frame, event, argument):
        if event == "call":
            self.ran.append(frame.f_code.co_qualname)

    def call(self, function, *arguments):
        """Result and error; no Python code may have run."""
        self.armed, result, error = True, None, None
        sys.setprofile(self.profile)
        try:
            result = function(*arguments)
        except BaseException as caught:
            error = caught
        finally:
            sys.setprofile(None)
            self.armed = False
        ran, self.ran = self.ran, []
        return result, error, ran


class HostileDict(dict):
    """A class namespace whose methods are Python's."""

    def __getitem__(self, key):
        return super().__getitem__(key)

    def keys(self):
        return [1, 2]


class One:
    """One random type with an instance."""

    def __init__(self, case, number):
        self.case, self.number = case, number
        self.random = random.Random(f"{SEED}/{number}")
        self.watch = Watch()
        self.calls = self.setters = self.half_made = 0
        self.new, self.kept = None, {}
        self.type = self.make()
        self.object = self.instance()
        self.try_all(self.object, type(self.object) if self.is_class else self.type)
        if self.chance(0.02):
            self.try_in_a_finalizer()

    def chance(self, share):
        return self.random.random() < share

    def check(self, condition, *about):
        if not condition:
            self.case.fail(f"PYEM_SEED={SEED} PYEM_ONLY={self.number}: {about}")

    def namespace(self):
        names = {}
        for name in self.random.sample(SPECIAL, self.random.randrange(8)):
            names[name] = self.watch.hostile(name, self.random.choice((ValueError, *LIES)))
        for name in self.random.sample(PROPERTIES, self.random.randrange(4)):
            lie = self.random.choice((ValueError, *LIES))
            hostile = property(self.watch.hostile(name, lie))
            names[name] = hostile if self.chance(0.7) or name in ("__dict__", "__qualname__") else self.random.choice(LIES)
        if not isinstance(names.get("__qualname__", ""), str):
            del names["__qualname__"]
        if self.chance(0.3):
            names["__slots__"] = ()
        if self.chance(0.2):
            names["__call__"] = self.watch.hostile("__call__", None)
        return HostileDict(names) if self.chance(0.2) else names

    def metaclass(self):
        """`type`, or a hostile one; its `mro` may add types that are no bases."""
        if self.chance(0.15):
            return type
        names = dict(self.namespace())
        names.pop("__slots__", None)
        names.pop("__call__", None)
        self.foreign = self.random.sample((*MADE_IN_C, refused.Other), self.random.randrange(3)) if self.chance(0.3) else []

        def mro(cls):
            order = list(type.mro(cls))
            for each in self.foreign:
                if not is_in(each, order):
                    order.insert(-1, each)
            self.type = cls
            if MRO(cls) is None and BASE(cls) is refused.Heap:
                self.half_made += 1
                self.try_setter(refused.allocate(cls), "half made", (1,), -1, refused.Heap.__dict__["plain"])
            return order

        if self.chance(0.7):
            names["mro"] = mro
        return type("Meta", (type,), names)

    def make(self):
        while True:
            bases = self.random.sample(MADE_IN_C, self.random.choice((1, 1, 1, 2)))
            if self.chance(0.1):
                self.new = refused.new_type()
                self.kept = dict(self.new.__dict__)
                bases = [self.new]
                if self.chance(0.5):
                    del self.new.plain, self.new.closed, self.new.both, self.new.o, self.new.set_o
            if self.chance(0.1):
                bases.append(refused.Other)
            if self.chance(0.3):
                bases.insert(self.random.randrange(2), type("Mixin", (), dict(self.namespace())))
            self.is_class = self.chance(0.05)
            if self.is_class:
                bases.append(type)
            try:
                made = type.__new__(self.metaclass(), "Hostile", tuple(bases), self.namespace())
                for _ in range(self.random.randrange(3)):
                    made = type.__new__(type(made), "Hostile", (made,), self.namespace())
                if self.chance(0.1):
                    type.__dict__["__bases__"].__set__(made, made.__base__.__bases__)
            except (TypeError, AttributeError, ValueError):
                continue  # Python refuses the type
            return made

    def instance(self):
        if self.is_class:
            return type.__new__(self.type, "Instance", (), {})
        return refused.allocate(self.type)

    def is_refusal(self, error, ran, *about):
        self.calls += 1
        self.check(ran == [], *about, "ran", ran)
        self.check(type(error) is SystemError, *about, "raised", type(error))
        text = error.args[0]
        self.check(text.startswith(MESSAGE) and f"path {PATH}" in text, *about, text)

    def try_setter(self, thing, name, value, expected, descriptor):
        outcome, error, ran = self.watch.call(refused.set, descriptor, thing, *value)
        self.check(error is None, name, "raised", type(error))
        result, error = outcome
        self.is_refusal(error, ran, name)
        self.setters += 1
        self.check(result == expected, name, f"with {len(value)} values returned {result}")

    def try_raising(self, name, function, *arguments):
        _, error, ran = self.watch.call(function, *arguments)
        self.is_refusal(error, ran, name)

    def try_all(self, thing, type_):
        order = MRO(type_)
        value = self.random.choice(((1,), (thing,), ((),), ({},), (Liar(b"\xf0"),)))
        make = self.random.choice((refused.descriptor_by_hand, refused.subclassed_descriptor))
        self.try_setter(thing, "by hand", self.random.choice(((), value)), -1, make(type_))
        owners = [each for each in (*MADE_IN_C, self.new) if is_in(each, order)]
        if not owners:
            return
        caller = next((each for each in order if "__call__" in DICT(each)), None)
        can_be_called = is_in(caller, (refused.Callable, refused.Static, self.new or refused.Static))
        has_other = is_in(refused.Other, order)
        owner = self.random.choice(owners)
        members = self.kept if owner is self.new else owner.__dict__
        # 0 is the limit: another call of the same function has the same arguments.
        setters = [
            ("plain", value, -1), ("plain", (), -1), ("closed", value, -1), ("closed", (), -1),
            ("both", value, -1), ("both", (), 0), ("both_closed", value, -1), ("both_closed", (), -1),
            ("set_noargs", value, -1), ("set_noargs", (), 0), ("set_o", value, 0), ("set_o", (), -1),
            ("set_varargs", value, 0), ("set_keywords", value, 0), ("set_keywords", (), -1),
            ("set_class_method", value, -1), ("set_method_elsewhere", value, 0 if has_other else -1),
            ("set_call", value, 0 if can_be_called else -1), ("set_call", (), -1),
        ]  # fmt: skip
        for name, given, expected in self.random.sample(setters, 4):
            self.try_setter(thing, name, given, expected, members[name])
        name = self.random.choice(("plain", "closed", "both", "both_closed"))
        self.try_raising(name, members[name].__get__, thing)
        name = self.random.choice(("o", "varargs", "keywords", "keywords_closed"))
        self.try_raising(name, members[name], thing, self.random.choice((1, thing, (), {})))
        name = self.random.choice(("noargs", "noargs_closed"))
        self.try_raising(name, members[name].__get__(thing))

    def try_in_a_finalizer(self):
        """The collector has put the type aside, with its descriptors."""
        one, done = self, []

        def leave():
            type_ = refused.new_type()
            descriptor = type_.__dict__["plain"]

            class Thing(type_):
                def __del__(self):
                    done.append(one.try_setter(self, "in a finalizer", (1,), -1, self.descriptor))

            thing = Thing()
            thing.itself, thing.descriptor = thing, descriptor

        leave()
        gc.collect()
        self.check(done == [None], "the finalizer", done)


class Types(unittest.TestCase):
    def test_types(self):
        calls = setters = 0
        for number in [int(ONLY)] if ONLY else range(TYPES):
            one = One(self, number)
            calls += one.calls
            setters += one.setters
        self.assertEqual(mismatched.live_path(), PATH)
        self.assertEqual(refused.times_reached(), 0)
        print(f"{TYPES} types, {calls} refused calls, {setters} of setters, path {PATH}")
        self.assertGreater(setters, TYPES * 4 if not ONLY else 0)


if __name__ == "__main__":
    unittest.main()
