"""What the caller of a function sees that cannot be called: -1 from a setter, NULL from the others.

`refused.set` is a C caller of setters: it returns their result and the error that is then set.
PYEM_EXPECT names the path that must be live.
"""

import gc
import os
import sys
import unittest

import mismatched
import refused

MESSAGE = "Handler has unexpected call signature"
PATH = os.environ["PYEM_EXPECT"]


class Liar(bytes):
    """No type, and where a type has its fields it has an address outside the memory."""

    def __new__(cls):
        return super().__new__(cls, b"\xf0" * 1000)

    @property
    def __class__(self):
        return type


class Cases(unittest.TestCase):
    def setUp(self):
        self.assertEqual(mismatched.live_path(), PATH)
        self.addCleanup(lambda: self.assertEqual(mismatched.live_path(), PATH))
        self.addCleanup(lambda: self.assertEqual(refused.times_reached(), 0))

    def is_refusal(self, error):
        self.assertIs(type(error), SystemError)
        self.assertTrue(str(error).startswith(MESSAGE), str(error))
        self.assertIn(f"path {PATH}", str(error))

    def fails(self, descriptor, *arguments, result=-1):
        """Assigns or deletes, and expects the result of a setter, or another one."""
        seen, error = refused.set(descriptor, *arguments)
        self.is_refusal(error)
        self.assertEqual(seen, result)

    def raises(self, function, *arguments, **keywords):
        with self.assertRaises(SystemError) as caught:
            function(*arguments, **keywords)
        self.is_refusal(caught.exception)


class Hostile(Cases):
    """The object's types lie, raise, or are not there."""

    def both_ways(self, thing):
        for name in "plain", "closed":
            descriptor = refused.Heap.__dict__[name]
            self.fails(descriptor, thing, 1)
            self.fails(descriptor, thing)

    def test_a_metaclass_whose_getattribute_raises(self):
        class Meta(type):
            def __getattribute__(self, name):
                raise ValueError(name)

        class Thing(refused.Heap, metaclass=Meta):
            pass

        self.both_ways(refused.allocate(Thing))

    def test_an_mro_of_liars(self):
        class Meta(type):
            @property
            def __mro__(self):
                return (Liar(), 1, None)

        class Thing(refused.Heap, metaclass=Meta):
            pass

        self.assertIsInstance(Thing.__mro__[0], type)
        self.both_ways(Thing())

    def test_an_mro_that_is_no_tuple(self):
        class Meta(type):
            __mro__ = 7

        class Thing(refused.Heap, metaclass=Meta):
            pass

        self.both_ways(Thing())

    def test_a_type_in_the_mro_that_is_no_base(self):
        class Meta(type):
            def mro(self):
                return (self, refused.Heap, object)

        class Thing(metaclass=Meta):
            pass

        self.assertEqual(Thing.__bases__, (object,))
        self.both_ways(Thing())

    def test_a_type_without_mro(self):
        """Python's code may run before `tp_mro` is there."""
        tested = []

        class Meta(type):
            def mro(self):
                if not tested:
                    tested.append(self)
                    case.assertIsNone(self.__mro__)
                    case.both_ways(refused.allocate(self))
                return super().mro()

        case = self

        class Thing(refused.Heap, metaclass=Meta):
            pass

        self.assertEqual(tested, [Thing])

    def test_a_true_mro_with_what_is_no_type(self):
        class Thing(refused.Heap):
            pass

        mro = Thing.__mro__
        thing = Thing()
        refused.set_mro(Thing, (Thing, Liar(), None, 1, refused.Heap, object))
        try:
            self.both_ways(thing)
        finally:
            refused.set_mro(Thing, mro)

    def test_a_type_that_is_not_in_its_own_mro(self):
        class Meta(type):
            def mro(self):
                return (object, object)  # CPython inherits from all but the first

        type_ = refused.new_type_of(Meta)
        descriptor = vars(type_)["plain"]
        by_hand = refused.descriptor_by_hand(type_)
        self.assertNotIn(type_, type_.__mro__)
        self.fails(descriptor, refused.allocate(type_), 1)
        self.fails(by_hand, refused.allocate(type_), 1)

    def test_types_of_every_make(self):
        for type_ in refused.Static, refused.Immutable, refused.Callable, refused.new_type():
            for thing in refused.allocate(type_), refused.allocate(type("Subclass", (type_,), {})):
                for name in "plain", "closed":
                    self.fails(type_.__dict__[name], thing, 1)
                    self.fails(type_.__dict__[name], thing)

    def test_statements_fail_where_they_stand(self):
        thing, after = refused.Heap(), []

        def assign():
            thing.plain = 1
            after.append("assigned")

        def delete():
            del thing.closed
            after.append("deleted")

        self.raises(assign)
        self.raises(delete)
        self.raises(setattr, thing, "plain", 1)
        self.raises(object.__setattr__, thing, "plain", 1)
        self.assertEqual(after, [])


class Descriptors(Cases):
    """The descriptor is not where attributes are looked up."""

    def test_taken_out_of_its_type(self):
        type_ = refused.new_type()
        descriptor = type_.__dict__["plain"]
        del type_.plain
        self.fails(descriptor, type_(), 1)

    def test_under_a_property(self):
        type_ = refused.new_type()
        descriptor, after = type_.__dict__["plain"], []

        def assign(self, value):
            descriptor.__set__(self, value)
            after.append(value)

        type_.plain = property(None, assign)
        self.raises(setattr, type_(), "plain", 1)
        self.assertEqual(after, [])

    def test_made_by_hand(self):
        for type_ in refused.Heap, refused.Static:
            for make in refused.descriptor_by_hand, refused.subclassed_descriptor:
                self.fails(make(type_), refused.allocate(type_), 1)

    def test_made_by_hand_and_empty(self):
        empty = refused.subclassed_descriptor(None)
        self.fails(refused.Heap.__dict__["plain"], refused.Heap(), 1)
        del empty

    def test_made_by_hand_for_another_type(self):
        """A setter of one type's attribute and a method of another: its owner decides."""
        descriptor = refused.descriptor_by_hand(refused.Heap)
        self.raises(refused.function_by_hand(refused.Other()), 1)
        del descriptor

    def test_frozen(self):
        descriptor = refused.descriptor_by_hand(refused.Heap)
        self.addCleanup(gc.unfreeze)
        gc.freeze()
        self.fails(descriptor, refused.Heap(), 1)

    def test_garbage_with_its_type(self):
        """In a finalizer the collector has put descriptor and type aside."""
        seen = []

        def leave_garbage():
            type_ = refused.new_type()
            descriptor = type_.__dict__["plain"]
            del type_.plain

            class Thing(type_):
                def __del__(self, set=refused.set):
                    seen.append(set(self.descriptor, self, 1))

            thing = Thing()
            thing.descriptor, thing.itself = descriptor, thing

        gc.collect()
        leave_garbage()
        self.assertEqual(seen, [])
        gc.collect()
        ((result, error),) = seen
        self.is_refusal(error)
        self.assertEqual(result, -1)


class Names(Cases):
    def test_every_name_of_cpythons(self):
        """3.13 uses two of them, later versions the third."""
        thing = refused.Heap()
        self.assertEqual(refused.call_by_every_name(thing), (thing, thing, thing))


class Kept(Cases):
    """A refusal loses and keeps nothing."""

    def test_an_error_that_was_set(self):
        descriptor = refused.Heap.__dict__["plain"]
        result, error = refused.set_with_an_error(descriptor, refused.Heap(), 1)
        self.is_refusal(error)
        self.assertEqual(result, -1)
        self.assertIsInstance(error.__context__, KeyError)
        self.assertEqual(error.__context__.args, ("before",))

    def test_references(self):
        class Thing(refused.Heap):
            pass

        thing, descriptor, value = Thing(), refused.Heap.__dict__["plain"], object()
        watched = thing, descriptor, value, Thing, Thing.__mro__, refused.Heap, type(descriptor)
        counts = [sys.getrefcount(each) for each in watched]
        for _ in range(1000):
            refused.set(descriptor, thing, value)
            refused.set(descriptor, thing)
        self.assertEqual([sys.getrefcount(each) for each in watched], counts)

    def test_the_collector_stays_as_it_is(self):
        for switch in gc.disable, gc.enable:
            switch()
            before = gc.isenabled()
            self.fails(refused.Heap.__dict__["plain"], refused.Heap(), 1)
            self.assertEqual(gc.isenabled(), before)


if __name__ == "__main__":
    unittest.main()
