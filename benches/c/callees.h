/* What the dispatch benchmark calls: 4096 distinct functions, 1024 of each arity from 0 to 3. */
#ifndef CALLEES_H
#define CALLEES_H

#include <stdint.h>

#define OF_EACH_ARITY 1024
#define CALLEES (4 * OF_EACH_ARITY)

/* By number: callee n takes n / OF_EACH_ARITY parameters, and returns their sum plus n % OF_EACH_ARITY. */
extern const uintptr_t callees[CALLEES];

#endif
