/* The call of CPython's main branch: a function of another instance (xtask/src/build/upstream.rs) takes five
 * parameters, tests the signature at each call, and reports in memory whether it matched.
 *
 * Who includes it defines MISMATCH, what is done where nothing matched. With FALLBACK(f, a, b, c) the call also
 * compares the pointer with null first, as upstream's does. */
#include <stdint.h>

typedef uintptr_t (*main_function)(int *success, uintptr_t f, uintptr_t a, uintptr_t b, uintptr_t c);

static uintptr_t main_placeholder(int *success, uintptr_t f, uintptr_t a, uintptr_t b, uintptr_t c) {
  *success = 0;
  return 0;
}
/* A field of `_PyRuntime` upstream, so it is loaded at each call. JavaScript puts the function into the
 * placeholder's slot, where upstream adds one: the call is the same. */
static main_function volatile main_installed = main_placeholder;

static inline uintptr_t main_call(uintptr_t f, uintptr_t a, uintptr_t b, uintptr_t c) {
  main_function call = main_installed;
#ifdef FALLBACK
  if (!call) return FALLBACK(f, a, b, c);
#endif
  int success = 1;
  uintptr_t result = call(&success, f, a, b, c);
  if (!success) MISMATCH;
  return result;
}
