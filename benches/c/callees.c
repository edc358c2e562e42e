#include "callees.h"

/* M of each number of three hexadecimal digits below 0x400. A macro does not expand inside itself,
 * so each digit has its own. */
#define LAST(M, d)                                                                               \
  M(d##0) M(d##1) M(d##2) M(d##3) M(d##4) M(d##5) M(d##6) M(d##7)                                \
  M(d##8) M(d##9) M(d##A) M(d##B) M(d##C) M(d##D) M(d##E) M(d##F)
#define MIDDLE(M, d)                                                                             \
  LAST(M, d##0) LAST(M, d##1) LAST(M, d##2) LAST(M, d##3) LAST(M, d##4) LAST(M, d##5)            \
  LAST(M, d##6) LAST(M, d##7) LAST(M, d##8) LAST(M, d##9) LAST(M, d##A) LAST(M, d##B)            \
  LAST(M, d##C) LAST(M, d##D) LAST(M, d##E) LAST(M, d##F)
#define EACH(M) MIDDLE(M, 0) MIDDLE(M, 1) MIDDLE(M, 2) MIDDLE(M, 3)

typedef uintptr_t word;

/* Another constant in each, so that no tool makes one function of two. */
#define DEFINE(n)                                                                                \
  static word arity0_##n(void) { return 0x##n; }                                                 \
  static word arity1_##n(word a) { return a + 0x##n; }                                           \
  static word arity2_##n(word a, word b) { return a + b + 0x##n; }                               \
  static word arity3_##n(word a, word b, word c) { return a + b + c + 0x##n; }
EACH(DEFINE)

#define SLOT0(n) (uintptr_t)arity0_##n,
#define SLOT1(n) (uintptr_t)arity1_##n,
#define SLOT2(n) (uintptr_t)arity2_##n,
#define SLOT3(n) (uintptr_t)arity3_##n,
const uintptr_t callees[CALLEES] = {EACH(SLOT0) EACH(SLOT1) EACH(SLOT2) EACH(SLOT3)};
