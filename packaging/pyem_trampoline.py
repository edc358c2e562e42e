"""An emscripten port: emcc --use-port=PATH/pyem_trampoline.py, at each compilation and at the link.

It lies beside the archives and the header. The variant follows from the flags of the link.
"""

import os

from tools import utils

TAG = '@VERSION@'
URL = 'README.md'
DESCRIPTION = 'A call trampoline for CPython and other interpreters'
LICENSE = 'MIT OR Apache-2.0'

HERE = os.path.dirname(os.path.abspath(__file__))


def get(ports, settings, shared):
  if settings.MEMORY64:
    utils.exit_with_error('pyem-trampoline is for 32-bit memory: link without -sMEMORY64')
  variant = '-mt' if settings.SHARED_MEMORY else ''
  return [os.path.join(HERE, f'libpyem_trampoline{variant}.a')]


def clear(ports, settings, shared):
  # Nothing is built.
  pass


def process_args(ports):
  return ['-isystem', HERE]
