/* Threads that first call the same slots at once, and in which one slot holds different functions. With SIDE_MODULES, main
 * loads side modules meanwhile, and the threads call into them. Prints what was wrong, and whether C asked JavaScript. */
#include "pyem_trampoline.h"
#include <dlfcn.h>
#include <emscripten.h>
#include <emscripten/threading.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

#define THREADS 8
#define CALLS 150000

/* 64 functions of each number of parameters. */
#define OCTET(make, n) make(n##0) make(n##1) make(n##2) make(n##3) make(n##4) make(n##5) make(n##6) make(n##7)
#define ALL(make)                                                                                                        \
  OCTET(make, 10) OCTET(make, 11) OCTET(make, 12) OCTET(make, 13) OCTET(make, 14) OCTET(make, 15) OCTET(make, 16)       \
  OCTET(make, 17)
#define FUNCTIONS(n)                                                                                                     \
  static int none##n(void) { return n; }                                                                                \
  static int one##n(int a) { return n + a; }                                                                            \
  static int two##n(int a, int b) { return n + a + b; }                                                                 \
  static int three##n(int a, int b, int c) { return n + a + b + c; }
ALL(FUNCTIONS)
#define ROW(n) {n, {(void *)none##n, (void *)one##n, (void *)two##n, (void *)three##n}},
static const struct {
  int number;
  void *functions[4];
} rows[] = {ALL(ROW)};
enum { ROWS = sizeof rows / sizeof *rows };

/* Each thread writes its slot. */
static int rewritten(int a) { return a; }

/* In turn through the trampoline, and without it by what the signature says. */
static int call(int n, void *function, int a, int b, int c) {
  if (n % 2) return (int)(intptr_t)pyem_trampoline_call((pyem_handler)function, (void *)a, (void *)b, (void *)c);
  switch (pyem_trampoline_signature((pyem_handler)function)) {
  case PYEM_ARITY_0: return ((int (*)(void))function)();
  case PYEM_ARITY_1: return ((int (*)(int))function)(a);
  case PYEM_ARITY_2: return ((int (*)(int, int))function)(a, b);
  case PYEM_ARITY_3: return ((int (*)(int, int, int))function)(a, b, c);
  default: return -1;
  }
}

/* What a function of so many parameters returns for 1, 20, 300. */
static const int sums[] = {0, 1, 21, 321};

EM_JS(void, copy_slot, (uintptr_t to, uintptr_t from), {
  wasmTable.set(to, WebAssembly.Table.prototype.get.call(wasmTable, from));
});
EM_JS(int, path_number, (void), {
  return ['wasm-gc', 'reflection', 'probe'].indexOf(Module['pyemTrampoline']['path']);
});
/* How often C of this thread has asked JavaScript: js/count-asked.js. */
EM_JS(int, asked, (void), { return Module['askedJavaScript']; });

static pthread_barrier_t barrier;
static struct result {
  int index, wrong, path, calls, of_side_modules, asked;
} results[THREADS];

#ifdef SIDE_MODULES
/* Functions of 0 to 3 parameters, in turn. */
static void *callees[SIDE_MODULES];
static atomic_int loaded, called;

/* One after another, while the threads are at work. */
static int load(void) {
  for (int n = 0; n < SIDE_MODULES; n++) {
    for (int before = called; called < before + 10000;) emscripten_thread_sleep(1);
    char name[32];
    snprintf(name, sizeof name, "libpure%d.so", n);
    void *library = dlopen(name, RTLD_NOW);
    void *(*callee)(void) = library ? (void *(*)(void))dlsym(library, "callee") : 0;
    if (!callee) return printf("%s: %s\n", name, dlerror());
    callees[n] = callee();
    loaded = n + 1;
  }
  return 0;
}

static void call_side_module(struct result *result, int n) {
  result->wrong += call(result->of_side_modules++, callees[n], 1, 20, 300) != 7 + sums[n % 4];
}

/* Returns whether there are more to come. */
static int call_side_modules(struct result *result, uint32_t random) {
  int count = loaded;
  called++;
  /* A thread that never waits would never load what another has opened. */
  if (random % 100 == 0) emscripten_thread_sleep(0.01);
  if (count) call_side_module(result, (int)((random >> 8) % (unsigned)count));
  return count < SIDE_MODULES;
}
#else
static int load(void) { return 0; }
static int call_side_modules(struct result *result, uint32_t random) { return 0; }
#endif

static void *run(void *argument) {
  struct result *result = argument;
  uint32_t random = 2463534242u + (uint32_t)result->index;
  result->path = path_number();
  pthread_barrier_wait(&barrier);
  /* The first calls: all threads, in the same order. */
  for (int row = 0; row < ROWS; row++) {
    for (int arity = 0; arity < 4; arity++) {
      result->wrong += call(row, rows[row].functions[arity], 1, 20, 300) != rows[row].number + sums[arity];
    }
  }
  /* So that the compiler does not call it directly. */
  void *volatile slot = (void *)rewritten;
  int row = 0, arity = result->index % 4;
  copy_slot((uintptr_t)slot, (uintptr_t)rows[row].functions[arity]);
  for (int n = 0, more = 0; n < CALLS || more; n++) {
    random ^= random << 13, random ^= random >> 17, random ^= random << 5;
    result->wrong += call(n, slot, 1, 20, 300) != rows[row].number + sums[arity];
    if (random % 1000 == 0) {
      row = (int)(random >> 10) % ROWS, arity = (int)(random >> 20) % 4;
      if (row < 0) row += ROWS;
      copy_slot((uintptr_t)slot, (uintptr_t)rows[row].functions[arity]);
    }
    more = call_side_modules(result, random);
    result->calls++;
  }
#ifdef SIDE_MODULES
  for (int n = 0; n < SIDE_MODULES; n++) call_side_module(result, n);
#endif
  result->asked = asked();
  return 0;
}

int main(void) {
  pthread_t threads[THREADS];
  pthread_barrier_init(&barrier, 0, THREADS);
  for (int n = 0; n < THREADS; n++) {
    results[n].index = n;
    if (pthread_create(&threads[n], 0, run, &results[n])) return 1;
  }
  if (load()) return 1;
  int wrong = 0, paths = 0, calls = THREADS * 4 * ROWS, of_side_modules = 0, asking = asked() > 0;
  for (int n = 0; n < THREADS; n++) {
    pthread_join(threads[n], 0);
    wrong += results[n].wrong;
    paths += results[n].path == path_number();
    calls += results[n].calls;
    of_side_modules += results[n].of_side_modules;
    asking += results[n].asked > 0;
  }
  printf("%d calls, %d wrong, the path is live in %d threads, JavaScript asked in %d\n", calls, wrong, paths, asking);
  if (of_side_modules) printf("%d calls of side modules\n", of_side_modules);
  return 0;
}
