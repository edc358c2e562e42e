/* Every design of a call trampoline, called by the same loop over the same callees.
 *
 * A loop reads a sequence of slots from memory, calls each, and adds up what they return. It is
 * unrolled by four, so that calls of known arity can be typed: the limit that no design can beat. */
#include "callees.h"
#include <emscripten.h>

#define LENGTH (4 * CALLEES)
#define IN_TURN 16
#define MIXED 64

typedef uintptr_t word;
typedef word (*arity0)(void);
typedef word (*arity1)(word);
typedef word (*arity2)(word, word);
typedef word (*arity3)(word, word, word);

/* Cases 0 to 3: one callee of so many parameters. 4 to 7: sixteen of them in turn. */
enum { MIXED_ARITIES = 8, RANDOM_CALLEES, RANDOM_ARITIES, WRITTEN, CASES };
/* Of WRITTEN, like case 6: the first of sixteen callees whose slots JavaScript wrote. */
#define FIRST_WRITTEN (2 * OF_EACH_ARITY + OF_EACH_ARITY / 2)

static word sequences[CASES][LENGTH];
/* Of the same callees, for loops that must know: their numbers. */
static uint16_t numbers[CASES][LENGTH];

static uint32_t random_below(uint32_t end) {
  static uint32_t state = 0x9E3779B9;
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state % end;
}

/* Puts `count` numbers, `step` apart, into random order. */
static void shuffle(uint16_t *first, unsigned count, unsigned step) {
  for (unsigned i = count - 1; i > 0; i--) {
    unsigned j = random_below(i + 1);
    uint16_t number = first[i * step];
    first[i * step] = first[j * step];
    first[j * step] = number;
  }
}

/* The number of the callee at a place of a case, before it is shuffled. */
static unsigned in_order(unsigned which, unsigned at) {
  unsigned arity = at % 4, turn = at / 4;
  if (which < 4) return which * OF_EACH_ARITY;
  if (which < MIXED_ARITIES) return (which - 4) * OF_EACH_ARITY + at % IN_TURN;
  if (which == WRITTEN) return FIRST_WRITTEN + at % IN_TURN;
  if (which == MIXED_ARITIES) return arity * OF_EACH_ARITY + turn % (MIXED / 4);
  return arity * OF_EACH_ARITY + turn % OF_EACH_ARITY;
}

/* Random orders go through all callees before one comes again. */
EMSCRIPTEN_KEEPALIVE void prepare(void) {
  for (unsigned which = 0; which < CASES; which++) {
    for (unsigned at = 0; at < LENGTH; at++) numbers[which][at] = in_order(which, at);
  }
  for (unsigned start = 0; start < LENGTH; start += CALLEES) {
    for (unsigned arity = 0; arity < 4; arity++)
      shuffle(&numbers[RANDOM_CALLEES][start + arity], OF_EACH_ARITY, 4);
    shuffle(&numbers[RANDOM_ARITIES][start], CALLEES, 1);
  }
  for (unsigned which = 0; which < CASES; which++) {
    for (unsigned at = 0; at < LENGTH; at++) sequences[which][at] = callees[numbers[which][at]];
  }
}

EMSCRIPTEN_KEEPALIVE word written_slot(unsigned n) { return callees[FIRST_WRITTEN + n]; }

/* What that many calls of a case sum up to, by arithmetic alone. */
EMSCRIPTEN_KEEPALIVE word expected(unsigned which, unsigned calls) {
  word sum = 0;
  for (unsigned i = 0; i < calls; i++) {
    unsigned number = numbers[which][i % LENGTH], arity = number / OF_EACH_ARITY;
    sum += number % OF_EACH_ARITY + (arity > 0 ? i : 0) + (arity > 1 ? 1 : 0) + (arity > 2 ? 2 : 0);
  }
  return sum;
}

/* The arguments are the number of the call, 1 and 2. The last two come from memory: Binaryen would
 * take constants out of the calls and out of the trampolines' parameters. */
static volatile word one = 1, two = 2;

#define LOOP(name, call0, call1, call2, call3)                                                   \
  __attribute__((noinline)) static word name(unsigned which, unsigned calls) {                   \
    const word *sequence = sequences[which];                                                     \
    word sum = 0, b = one, c = two;                                                              \
    for (unsigned i = 0; i < calls; i += 4) {                                                    \
      unsigned at = i % LENGTH;                                                                  \
      sum += call0(sequence[at], i, b, c);                                                       \
      sum += call1(sequence[at + 1], i + 1, b, c);                                               \
      sum += call2(sequence[at + 2], i + 2, b, c);                                               \
      sum += call3(sequence[at + 3], i + 3, b, c);                                               \
    }                                                                                            \
    return sum;                                                                                  \
  }
#define SAME_LOOP(name, call) LOOP(name, call, call, call, call)

#define CALL0(f, a, b, c) ((arity0)(f))()
#define CALL1(f, a, b, c) ((arity1)(f))(a)
#define CALL2(f, a, b, c) ((arity2)(f))(a, b)
#define CALL3(f, a, b, c) ((arity3)(f))(a, b, c)

#ifdef EMULATE
/* With -sEMULATE_FUNCTION_POINTER_CASTS any pointer may be called with any arguments. */
SAME_LOOP(emulated, CALL3)
EMSCRIPTEN_KEEPALIVE word run_emulated(unsigned which, unsigned calls) { return emulated(which, calls); }
#else

SAME_LOOP(direct0, CALL0)
SAME_LOOP(direct1, CALL1)
SAME_LOOP(direct2, CALL2)
SAME_LOOP(direct3, CALL3)
LOOP(direct_in_turn, CALL0, CALL1, CALL2, CALL3)

/* Where the arity follows no pattern, typed calls need a branch too: on a number that is there. */
__attribute__((noinline)) static word direct_branch(unsigned which, unsigned calls) {
  const word *sequence = sequences[which];
  word sum = 0, b = one, c = two;
  for (unsigned i = 0; i < calls; i++) {
    word f = sequence[i % LENGTH];
    switch (numbers[which][i % LENGTH] / OF_EACH_ARITY) {
      case 0: sum += CALL0(f, i, b, c); break;
      case 1: sum += CALL1(f, i, b, c); break;
      case 2: sum += CALL2(f, i, b, c); break;
      default: sum += CALL3(f, i, b, c);
    }
  }
  return sum;
}

/* Volatile, or Binaryen makes one function of all these loops. */
typedef word (*loop)(unsigned which, unsigned calls);
static const loop volatile direct_loops[CASES] = {
    direct0, direct1, direct2,        direct3,        direct0,       direct1,
    direct2, direct3, direct_in_turn, direct_in_turn, direct_branch, direct2,
};
EMSCRIPTEN_KEEPALIVE word run_direct(unsigned which, unsigned calls) {
  return direct_loops[which](which, calls);
}

/* Ours: the archive. */
extern word _PyEM_TrampolineCall(word f, word a, word b, word c);
SAME_LOOP(ours, _PyEM_TrampolineCall)
EMSCRIPTEN_KEEPALIVE word run_ours(unsigned which, unsigned calls) { return ours(which, calls); }

/* CPython 3.13 on engines without type reflection. */
EM_JS(word, javascript_call, (word f, word a, word b, word c), { return wasmTable.get(f)(a, b, c); });
EM_JS_DEPS(designs, "$wasmTable");
SAME_LOOP(javascript, javascript_call)
EMSCRIPTEN_KEEPALIVE word run_javascript(unsigned which, unsigned calls) { return javascript(which, calls); }

/* The two designs with WebAssembly GC. Their functions stand in another instance
 * (xtask/src/build/upstream.rs), which JavaScript puts into these slots. */
#define MISMATCH __builtin_trap()
#define FALLBACK javascript_call
#include "main_call.h"
EMSCRIPTEN_KEEPALIVE main_function trampoline_slot(void) { return main_installed; }

/* CPython's main branch. */
__attribute__((noinline)) static word main_branch_call(word f, word a, word b, word c) {
  return main_call(f, a, b, c);
}
SAME_LOOP(main_branch, main_branch_call)
EMSCRIPTEN_KEEPALIVE word run_main(unsigned which, unsigned calls) { return main_branch(which, calls); }

/* python/cpython#128628: the number of parameters is asked for at each call. */
typedef int (*counter)(word f);
static int no_counter(word f) { __builtin_trap(); }
static counter volatile counter_installed = no_counter;
EMSCRIPTEN_KEEPALIVE counter counter_slot(void) { return counter_installed; }
__attribute__((noinline)) static word count_call(word f, word a, word b, word c) {
  counter count = counter_installed;
  if (!count) return javascript_call(f, a, b, c);
  switch (count(f)) {
    case 0: return CALL0(f, a, b, c);
    case 1: return CALL1(f, a, b, c);
    case 2: return CALL2(f, a, b, c);
    case 3: return CALL3(f, a, b, c);
    default: __builtin_trap();
  }
}
SAME_LOOP(count_arguments, count_call)
EMSCRIPTEN_KEEPALIVE word run_count(unsigned which, unsigned calls) { return count_arguments(which, calls); }
#endif
