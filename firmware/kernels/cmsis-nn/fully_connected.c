/* FULLY_CONNECTED through arm_fully_connected_s8. */
#include "fully_connected.h"

KERNEL(9, "FULLY_CONNECTED", prepare, invoke);
