/* A program in every link of tests/links_of_c.rs: it calls each signature, before and after a slot is rewritten, and
 * what else the link is about. C and C++. */
#include "pyem_trampoline.h"
#include <emscripten.h>
#include <stdint.h>
#include <stdio.h>
#ifdef __EMSCRIPTEN_PTHREADS__
#include <pthread.h>
#elif defined(__EMSCRIPTEN_WASM_WORKERS__)
#include <emscripten/eventloop.h>
#include <emscripten/wasm_worker.h>
#endif
#ifdef JUMPS
#include <setjmp.h>
#endif
#ifdef SIDE_MODULES
#include <dlfcn.h>
#endif

static int none(void) { return 100; }
static int one(int a) { return 200 + a; }
static int two(int a, int b) { return 300 + a + b; }
static int three(int a, int b, int c) { return 400 + a + b + c; }
static double other(double a) { return a; }
/* JavaScript writes its slot. */
static int rewritten(int a) { return 500 + a; }

/* The last two are none: a null pointer, and one beyond the table. */
static void *const volatile functions[] = {(void *)none,  (void *)one,       (void *)two, (void *)three,
                                           (void *)other, (void *)rewritten, 0,           (void *)0x100000};

/* Through the trampoline, or without it by what the signature says. Refused: -1. */
static int call(void *function, int a, int b, int c) {
  enum pyem_signature signature = (enum pyem_signature)pyem_trampoline_signature((pyem_handler)function);
  if (signature == PYEM_NO_FUNCTION || signature == PYEM_UNEXPECTED) return -1;
#ifdef SIGNATURES
  switch (signature) {
  case PYEM_ARITY_0: return ((int (*)(void))function)();
  case PYEM_ARITY_1: return ((int (*)(int))function)(a);
  case PYEM_ARITY_2: return ((int (*)(int, int))function)(a, b);
  default: return ((int (*)(int, int, int))function)(a, b, c);
  }
#else
  return (int)(intptr_t)pyem_trampoline_call((pyem_handler)function, (void *)a, (void *)b, (void *)c);
#endif
}

/* By emscripten's own function where the link has it: assertions compare its mirror of the table. */
EM_JS(void, copy_slot, (uintptr_t to, uintptr_t from), {
  const f = WebAssembly.Table.prototype.get.call(wasmTable, from);
  if (typeof setWasmTableEntry === 'function') setWasmTableEntry(to, f);
  else wasmTable.set(to, f);
});

static int early;
__attribute__((constructor)) static void ask_early(void) { early = pyem_trampoline_signature((pyem_handler)functions[2]); }

static void run(const char *where) {
  printf("%s:", where);
  for (int n = 0; n < 8; n++) printf(" %d", call(functions[n], 1, 2, 3));
  printf("\n");
}

#ifdef SUSPENDS
static int suspends(int a) {
  emscripten_sleep(1);
  return 600 + a;
}
static void *const volatile suspending = (void *)suspends;
#endif

#ifdef JUMPS
static jmp_buf place;
static int jumps(int a) { longjmp(place, 700 + a); }
static void *const volatile jumping = (void *)jumps;
#endif

#ifdef THROWS
static int throws(int a) { throw 800 + a; }
static void *const volatile throwing = (void *)throws;
#endif

#ifdef GROWS
EM_JS(uintptr_t, grow_table, (void), { return wasmTable.grow(1); });
EM_JS(void, free_slot, (uintptr_t slot), { wasmTable.set(slot, null); });
/* A new slot is written, rewritten, freed, and used again. */
static void grow(void) {
  uintptr_t slot = grow_table();
  printf("grown:");
  for (int n = 2; n > 0; n--) {
    copy_slot(slot, (uintptr_t)functions[n]);
    printf(" %d", call((void *)slot, 1, 2, 3));
  }
  free_slot(slot);
  printf(" %d", call((void *)slot, 1, 2, 3));
  copy_slot(slot, (uintptr_t)functions[3]);
  printf(" %d\n", call((void *)slot, 1, 2, 3));
}
#endif

#ifdef SIDE_MODULES
static void *load(const char *name, void **library) {
  *library = dlopen(name, RTLD_NOW);
  void *(*callee)(void) = *library ? (void *(*)(void))dlsym(*library, "callee") : 0;
  return callee ? callee() : 0;
}
/* A closed library keeps its slots: emscripten unloads none. */
static void side_modules(void) {
  void *libraries[2];
  void *first = load("libone.so", &libraries[0]);
  int called = call(first, 1, 2, 3);
  int closed = dlclose(libraries[0]);
  void *second = load("libtwo.so", &libraries[1]);
  printf("side modules: %d, closed %d, %d, reused %d, ", called, closed, call(second, 1, 2, 3), first == second);
  printf("%d\n", call(first, 1, 2, 3));
}
#endif

#ifdef __EMSCRIPTEN_PTHREADS__
static void *thread(void *where) {
  run((const char *)where);
  return 0;
}
#elif defined(__EMSCRIPTEN_WASM_WORKERS__)
static _Atomic int ended;
static void in_worker(void) {
  run("thread");
  ended = 1;
}
/* By a timer: in Node the message of a worker of 3.1.69 does not arrive. */
static void end(void *unused) {
  if (ended) emscripten_terminate_all_wasm_workers();
  else emscripten_set_timeout(end, 10, unused);
}
#endif

/* Not in main: LLVM has no EM_ASM beside setjmp. */
__attribute__((noinline)) static void print_path(void) {
  MAIN_THREAD_EM_ASM({ console.log('path: ' + Module['pyemTrampoline']['path']); });
}

int main(void) {
  printf("early: %d\n", early);
  run("before");
  copy_slot((uintptr_t)functions[5], (uintptr_t)functions[2]);
  run("after");
#ifdef SUSPENDS
  printf("suspended: %d\n", call(suspending, 1, 2, 3));
#endif
#ifdef JUMPS
  int jumped = setjmp(place);
  if (!jumped) call(jumping, 1, 2, 3);
  printf("jumped: %d\n", jumped);
#endif
#ifdef THROWS
  try {
    call(throwing, 1, 2, 3);
  } catch (int thrown) {
    printf("thrown: %d\n", thrown);
  }
#endif
#ifdef GROWS
  grow();
#endif
#ifdef SIDE_MODULES
  side_modules();
#endif
#ifdef __EMSCRIPTEN_PTHREADS__
  pthread_t other_thread;
  if (pthread_create(&other_thread, 0, thread, (void *)"thread") || pthread_join(other_thread, 0)) return 1;
#elif defined(__EMSCRIPTEN_WASM_WORKERS__)
  emscripten_wasm_worker_post_function_v(emscripten_malloc_wasm_worker(1 << 16), in_worker);
  end(0);
#endif
  print_path();
  return 0;
}
