/* TRANSPOSE: the axes in another order. */
#include "strided_copy.h"

KERNEL(39, "TRANSPOSE", prepare, invoke);
