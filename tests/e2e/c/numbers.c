/* What the hook reads from memory, as C finds it: words, in the order of src/abi.rs. */
#include "pyem_trampoline.h"
#include <stdint.h>
#include <stdio.h>

extern const uint32_t pyem_trampoline_abi[7];
extern uint8_t pyem_signature_cache[];
extern uint32_t pyem_resolutions[];
extern uint32_t pyem_resolve_fallback(uintptr_t slot);

int main(void) {
  const uint32_t *abi = pyem_trampoline_abi;
  int version = abi[0], cache_length = abi[3], adaptor_length = abi[5];
  /* The adaptor begins as every wasm file does. */
  int places = (abi[1] == (uintptr_t)pyem_resolve_fallback) + (abi[2] == (uintptr_t)pyem_signature_cache) +
               (*(const uint32_t *)(uintptr_t)abi[4] == 0x6d736100) + (abi[6] == (uintptr_t)pyem_resolutions);
  printf("%d %d %d %d\n", version, cache_length, adaptor_length, places);
  return 0;
}
