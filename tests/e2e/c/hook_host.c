/* A program without Python that asks for signatures and calls by them: all that the hook works for. */
#include "pyem_trampoline.h"
#include <emscripten.h>
#include <stdint.h>

static int none(void) { return 100; }
static int one(int a) { return 101 + a; }
static int two(int a, int b) { return 102 + a + b; }
static int three(int a, int b, int c) { return 103 + a + b + c; }
static double other(int a) { return a; }

/* In the table from the start. */
static void *const volatile functions[] = {(void *)none, (void *)one, (void *)two, (void *)three, (void *)other};
EMSCRIPTEN_KEEPALIVE uintptr_t host_function(unsigned number) { return (uintptr_t)functions[number]; }

EMSCRIPTEN_KEEPALIVE int host_signature(uintptr_t slot) { return pyem_trampoline_signature((pyem_handler)slot); }

/* As an interpreter calls: with as many arguments as the signature has, or -1. */
EMSCRIPTEN_KEEPALIVE int host_call(uintptr_t slot, int a, int b, int c) {
  switch (host_signature(slot)) {
  case PYEM_ARITY_0: return ((int (*)(void))slot)();
  case PYEM_ARITY_1: return ((int (*)(int))slot)(a);
  case PYEM_ARITY_2: return ((int (*)(int, int))slot)(a, b);
  case PYEM_ARITY_3: return ((int (*)(int, int, int))slot)(a, b, c);
  default: return -1;
  }
}

/* What a constructor is answered, before any other code runs. */
static int early;
__attribute__((constructor)) static void ask_early(void) { early = host_signature(host_function(2)); }
EMSCRIPTEN_KEEPALIVE int host_early(void) { return early; }

int main(void) { return 0; }
