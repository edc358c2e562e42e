/* A call site of CPython 3.14 and later: it calls `_PyEM_TrampolineCall`, which 3.13 does not. */
#include <stdio.h>

void *_PyEM_TrampolineCall(void *func, void *a, void *b, void *c);

static int none(void) { return 100; }
static int one(int a) { return 101 + a; }
static int two(int a, int b) { return 102 + a + b; }
static int three(int a, int b, int c) { return 103 + a + b + c; }

int main(void) {
  void *const functions[] = {(void *)none, (void *)one, (void *)two, (void *)three};
  for (int i = 0; i < 4; i++) {
    printf("%d ", (int)_PyEM_TrampolineCall(functions[i], (void *)1000, (void *)2000, (void *)4000));
  }
  puts("");
  return 0;
}
