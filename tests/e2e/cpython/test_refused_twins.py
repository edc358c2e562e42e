"""Where one function is a setter and something else as well, the arguments of the call decide what it returns.

PYEM_EXPECT names the path that must be live.
"""

import unittest

import refused
from test_refused import Cases

FUNCTIONS = {name: value for name, value in vars(refused.Heap).items() if callable(value)}


class OneFunction(Cases):
    """A function that is a setter, and something else as well: the arguments decide."""

    def setter(self, name):
        return refused.Heap.__dict__[name]

    def test_getter_without_closure(self):
        thing = refused.Heap()
        self.raises(getattr, thing, "both")
        self.fails(self.setter("both"), thing, 1)

    def test_getter_with_a_closure(self):
        thing = refused.Heap()
        self.raises(getattr, thing, "both_closed")
        self.fails(self.setter("both_closed"), thing, 1)
        self.fails(self.setter("both_closed"), thing)

    def test_method_without_argument(self):
        thing = refused.Heap()
        self.raises(thing.noargs)
        self.raises(FUNCTIONS["noargs"], thing)
        self.fails(self.setter("set_noargs"), thing, 1)

    def test_methods_with_arguments(self):
        thing = refused.Heap()
        for name in "o", "varargs", "keywords":
            for method in getattr(thing, name), lambda argument: FUNCTIONS[name](thing, argument):
                self.raises(method, 1)
            self.fails(self.setter(f"set_{name}"), thing)

    def test_methods_beside_a_closure(self):
        thing = refused.Heap()
        self.raises(thing.noargs_closed)
        self.fails(self.setter("set_noargs_closed"), thing, 1)
        self.fails(self.setter("set_noargs_closed"), thing)
        for keywords in {}, {"key": 1}:
            self.raises(thing.keywords_closed, 1, **keywords)
        self.fails(self.setter("set_keywords_closed"), thing)

    def test_keywords_that_are_a_closure(self):
        thing, descriptor = refused.Heap(), self.setter("set_keywords_as_closure")
        self.raises(refused.call_with_closure_as_keywords, thing.keywords_as_closure)
        self.fails(descriptor, thing)
        self.fails(descriptor, thing, 1, result=0)

    def test_methods_that_do_not_get_the_object(self):
        """A class method gets the class, a static one nothing; METH_FASTCALL needs no trampoline."""
        thing = refused.Heap()
        for owner in thing, refused.Heap:
            self.raises(owner.class_method, 1)
            self.raises(owner.static_method, 1)
        for name in "class_method", "static_method", "fastcall":
            kept = getattr(thing, name)
            self.fails(self.setter(f"set_{name}"), thing, 1)
            self.fails(self.setter(f"set_{name}"), thing)
            del kept

    def test_tp_call(self):
        for type_, name in (refused.Callable, "set_call"), (refused.ClosedCallable, "set_call_closed"):
            thing = type_()
            # Not by `thing(*arguments)`: CPython sends that call past every trampoline.
            self.raises(lambda: thing(1))
            self.raises(lambda: thing())
            self.raises(lambda: thing(key=1))
            self.fails(type_.__dict__[name], thing)
            # Of a type that cannot be called it is a setter and nothing else.
            self.fails(refused.Heap.__dict__[name], refused.Heap(), 1)

    def test_method_taken_out_of_its_type(self):
        type_ = refused.new_type()
        thing, method = type_(), type_.__dict__["o"]
        bound = thing.o
        del type_.o
        self.raises(bound, 1)
        self.raises(method, thing, 1)

    def test_bound_before_the_class_was_changed(self):
        class Meta(type):
            def mro(self):
                return (self, self.__dict__["of"], object)

        # By inheritance their layouts would differ for Python.
        One = Meta("One", (), {"of": refused.Other})
        Two = Meta("Two", (), {"of": refused.Heap})
        thing = One()
        bound = thing.method_elsewhere
        thing.__class__ = Two
        self.raises(bound, 1)
        self.fails(self.setter("set_method_elsewhere"), thing)
        del bound
        self.fails(self.setter("set_method_elsewhere"), thing, 1)

    def test_functions_by_hand(self):
        thing = refused.Heap()
        function, descriptor = refused.function_by_hand(thing), refused.descriptor_by_hand(refused.Heap)
        self.raises(function, 1)
        self.fails(descriptor, thing)
        self.fails(descriptor, refused.Heap(), 1)
        del function
        self.fails(descriptor, thing, 1)
        method = refused.method_descriptor_by_hand(refused.Heap)
        self.raises(method, thing, 1)
        self.fails(descriptor, thing)
        self.fails(descriptor, thing, 1, result=0)

    def test_what_stays_open(self):
        """The limit: the same function with the same arguments. NULL is the answer that cannot trap."""
        thing, callee = refused.Heap(), refused.Callable()
        self.fails(self.setter("both"), thing, result=0)
        self.fails(self.setter("set_noargs"), thing, result=0)
        for name in "o", "varargs", "keywords":
            self.fails(self.setter(f"set_{name}"), thing, 1, result=0)
        self.fails(refused.Callable.__dict__["set_call"], callee, 1, result=0)

    def test_another_closure_is_no_setter_call(self):
        thing = refused.Heap()
        for call, result in (refused.call_with_closure, -1), (refused.call_with_another_closure, 0):
            seen, error = call(thing)
            self.is_refusal(error)
            self.assertEqual(seen, result)


    def test_null_is_no_setter(self):
        """Though attributes that cannot be assigned have a setter of that value."""
        for thing in refused.Heap(), Cases("setUp"), type:
            seen, error = refused.call_null(thing)
            self.is_refusal(error)
            self.assertEqual(seen, 0)


if __name__ == "__main__":
    unittest.main()
