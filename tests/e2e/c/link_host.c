/* A program in every link of tests/links_of_c.rs: it calls each signature, before and after a slot is rewritten. */
#include "pyem_trampoline.h"
#include <emscripten.h>
#include <stdint.h>
#include <stdio.h>
#ifdef __EMSCRIPTEN_PTHREADS__
#include <pthread.h>
#endif

static int none(void) { return 100; }
static int one(int a) { return 200 + a; }
static int two(int a, int b) { return 300 + a + b; }
static int three(int a, int b, int c) { return 400 + a + b + c; }
static double other(double a) { return a; }
/* JavaScript writes its slot. */
static int rewritten(int a) { return 500 + a; }

static void *const volatile functions[] = {(void *)none,  (void *)one,   (void *)two,
                                           (void *)three, (void *)other, (void *)rewritten};

static int call(void *function, int a, int b, int c) {
  switch (pyem_trampoline_signature((pyem_handler)function)) {
  case PYEM_ARITY_0: return ((int (*)(void))function)();
  case PYEM_ARITY_1: return ((int (*)(int))function)(a);
  case PYEM_ARITY_2: return ((int (*)(int, int))function)(a, b);
  case PYEM_ARITY_3: return ((int (*)(int, int, int))function)(a, b, c);
  default: return -1;
  }
}

EM_JS(void, copy_slot, (uintptr_t to, uintptr_t from), {
  wasmTable.set(to, WebAssembly.Table.prototype.get.call(wasmTable, from));
});

static int early;
__attribute__((constructor)) static void ask_early(void) { early = pyem_trampoline_signature((pyem_handler)functions[2]); }

static void *run(void *where) {
  printf("%s:", (const char *)where);
  for (int n = 0; n < 6; n++) printf(" %d", call(functions[n], 1, 2, 3));
  printf("\n");
  return 0;
}

int main(void) {
  MAIN_THREAD_EM_ASM({ console.log(Module['pyemTrampoline']['path']); });
  printf("early: %d\n", early);
  run("before");
  copy_slot((uintptr_t)functions[5], (uintptr_t)functions[2]);
  run("after");
#ifdef __EMSCRIPTEN_PTHREADS__
  pthread_t thread;
  if (pthread_create(&thread, 0, run, "thread") || pthread_join(thread, 0)) return 1;
#endif
  return 0;
}
