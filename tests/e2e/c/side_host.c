/* An interpreter with side modules: it loads them, and calls into them by signature. */
#include "pyem_trampoline.h"
#include <dlfcn.h>
#include <emscripten.h>

static pyem_handler callees[8];
static int count;

/* The callee's number, or -1. */
EMSCRIPTEN_KEEPALIVE int host_load(const char *name) {
  void *library = dlopen(name, RTLD_NOW);
  void *(*callee)(void) = library ? (void *(*)(void))dlsym(library, "callee") : 0;
  if (!callee) return -1;
  callees[count] = (pyem_handler)callee();
  return count++;
}

EMSCRIPTEN_KEEPALIVE int host_call(int number, void *a, void *b) {
  pyem_handler callee = callees[number];
  switch (pyem_trampoline_signature(callee)) {
  case PYEM_ARITY_1: return ((int (*)(void *))callee)(a);
  case PYEM_ARITY_2: return ((int (*)(void *, void *))callee)(a, b);
  default: return -1;
  }
}

int main(void) { return 0; }
