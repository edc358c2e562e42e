/* pyem-trampoline: call C function pointers of any declared arity on wasm32-unknown-emscripten.
 * Licence: MIT OR Apache-2.0.
 *
 * CPython needs no header: the archive defines the names that its call sites use. This one is
 * for other interpreters and for tools. */
#ifndef PYEM_TRAMPOLINE_H
#define PYEM_TRAMPOLINE_H

#ifdef __cplusplus
extern "C" {
#endif

typedef void *(*pyem_handler)(void *a, void *b, void *c);

enum pyem_signature {
  PYEM_NO_FUNCTION = 0, /* null, an empty slot, or outside the table */
  PYEM_ARITY_0 = 1,     /* () -> i32 */
  PYEM_ARITY_1 = 2,     /* (i32) -> i32 */
  PYEM_ARITY_2 = 4,     /* (i32, i32) -> i32 */
  PYEM_ARITY_3 = 8,     /* (i32, i32, i32) -> i32 */
  PYEM_UNEXPECTED = 16  /* any other function */
};

/* An enum pyem_signature: what the function behind `func` is. Calls nothing, sets no error, and
 * needs nothing of CPython: an interpreter of another kind switches on the answer and casts. */
int pyem_trampoline_signature(pyem_handler func);

/* Calls the function behind `func` with the first 0 to 3 of the arguments: as many as it takes.
 * A function of another signature, an empty slot, a null pointer and a pointer outside the
 * function table are not called: CPython's SystemError is set and NULL returned, or (void *)-1
 * where `func` is a setter of `a`. The caller holds the GIL. */
void *pyem_trampoline_call(pyem_handler func, void *a, void *b, void *c);

#ifdef __cplusplus
}
#endif

#endif
