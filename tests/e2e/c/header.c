/* An interpreter that is not CPython: it asks for signatures, and links nothing of Python's. */
#include "pyem_trampoline.h"
#include <stdio.h>

static int none(void) { return 7; }
static int one(void *a) { return a != 0; }
static int two(void *a, void *b) { return a == b; }
static int three(void *a, void *b, void *c) { return a == b && b == c; }
static double other(void *a) { return a != 0; }

int main(void) {
  void *const functions[] = {(void *)none, (void *)one, (void *)two, (void *)three, (void *)other, 0, (void *)99999};
  for (unsigned i = 0; i < sizeof functions / sizeof *functions; i++) {
    printf("%d ", pyem_trampoline_signature((pyem_handler)functions[i]));
  }
  printf("%d\n", ((int (*)(void))functions[0])());
  return 0;
}
