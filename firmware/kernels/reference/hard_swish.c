/* HARD_SWISH by a table of all codes: x max(0, min(x + 3, 6)) / 6. */
#include "lookup.h"

LOOKUP_KERNEL(117, "HARD_SWISH");
