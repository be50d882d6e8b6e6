/* LEAKY_RELU by a table of all codes: x, or alpha x below 0. */
#include "lookup.h"

LOOKUP_KERNEL(98, "LEAKY_RELU");
