/* An interpreter that is not CPython. It gives each of its functions three arguments, whatever they are declared with. */
#include "pyem_trampoline.h"
#include <stdint.h>
#include <stdio.h>
#ifdef __EMSCRIPTEN_PTHREADS__
#include <pthread.h>
#endif

static intptr_t none(void) { return 100; }
static intptr_t one(intptr_t a) { return 200 + a; }
static intptr_t two(intptr_t a, intptr_t b) { return 300 + a + b; }
static intptr_t three(intptr_t a, intptr_t b, intptr_t c) { return 400 + a + b + c; }
static double other(double a) { return a; }

static intptr_t call(void *function, intptr_t a, intptr_t b, intptr_t c) {
  switch (pyem_trampoline_signature((pyem_handler)function)) {
  case PYEM_ARITY_0: return ((intptr_t(*)(void))function)();
  case PYEM_ARITY_1: return ((intptr_t(*)(intptr_t))function)(a);
  case PYEM_ARITY_2: return ((intptr_t(*)(intptr_t, intptr_t))function)(a, b);
  case PYEM_ARITY_3: return ((intptr_t(*)(intptr_t, intptr_t, intptr_t))function)(a, b, c);
  default: return -1; /* refused */
  }
}

static void *const functions[] = {(void *)none, (void *)one, (void *)two, (void *)three, (void *)other};

static void *run(void *results) {
  for (int n = 0; n < 5; n++) ((intptr_t *)results)[n] = call(functions[n], 1, 2, 3);
  return 0;
}

int main(void) {
  intptr_t results[5];
#ifdef __EMSCRIPTEN_PTHREADS__
  pthread_t thread;
  if (pthread_create(&thread, 0, run, results) || pthread_join(thread, 0)) return 1;
  printf("in a thread: ");
#else
  run(results);
#endif
  for (int n = 0; n < 5; n++) printf("%d%c", (int)results[n], n < 4 ? ' ' : '\n');
  return 0;
}
