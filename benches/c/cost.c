/* A program without CPython, of which start-up and first resolutions are measured. */
#include "pyem_trampoline.h"
#include <emscripten.h>

/* Asks for the signatures of `count` slots, and sums up the answers. */
EMSCRIPTEN_KEEPALIVE unsigned resolve_all(unsigned first, unsigned count) {
  unsigned sum = 0;
  for (unsigned slot = first; slot < first + count; slot++) sum += pyem_trampoline_signature((pyem_handler)slot);
  return sum;
}

int main(void) { return 0; }
