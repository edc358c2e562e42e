/* A side module with a function of ARITY parameters, which returns 7 and their sum. */
#if ARITY == 0
static int sum(void) { return 7; }
#elif ARITY == 1
static int sum(int a) { return 7 + a; }
#elif ARITY == 2
static int sum(int a, int b) { return 7 + a + b; }
#else
static int sum(int a, int b, int c) { return 7 + a + b + c; }
#endif
void *callee(void) { return (void *)sum; }
