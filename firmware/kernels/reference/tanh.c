/* TANH by a table of all codes: the hyperbolic tangent. */
#include "lookup.h"

LOOKUP_KERNEL(28, "TANH");
