/* Counts its calls in memory of its own. */
static int calls;
static int count(int a) { return a + ++calls; }
/* Its slot is one that the library's element segment fills. */
void *callee(void) { return (void *)count; }
