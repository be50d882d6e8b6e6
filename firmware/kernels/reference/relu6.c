/* RELU6 by a table of all codes: max(0, min(x, 6)). */
#include "lookup.h"

LOOKUP_KERNEL(21, "RELU6");
