"""A stand-in for the part of persistent's Python implementation that cffi compiles."""

ffi = lib = None
