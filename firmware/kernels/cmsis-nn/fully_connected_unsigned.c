/* FULLY_CONNECTED of codes that were uint8, also through arm_fully_connected_s8: it rounds twice, as LiteRT's
 * uint8 kernel does, unless it is built with CMSIS_NN_USE_SINGLE_ROUNDING. */
#include "fully_connected.h"

KERNEL(0x409, "FULLY_CONNECTED unsigned", prepare, invoke);
