/* In place of the object that CPython 3.14 and later define it in. */
void *_PyEM_TrampolineCall(void *func, void *a, void *b, void *c) { return (void *)-1; }
