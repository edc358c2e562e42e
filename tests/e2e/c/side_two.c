/* Of another arity. */
static int last = 1000;
static int add_product(int a, int b) { return last += a * b; }
void *callee(void) { return (void *)add_product; }
