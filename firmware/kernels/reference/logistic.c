/* LOGISTIC by a table of all codes: 1 / (1 + exp(-x)). */
#include "lookup.h"

LOOKUP_KERNEL(14, "LOGISTIC");
