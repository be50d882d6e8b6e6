/* STRIDED_SLICE: each axis from a first to a last index by a step. */
#include "strided_copy.h"

KERNEL(45, "STRIDED_SLICE", prepare, invoke);
