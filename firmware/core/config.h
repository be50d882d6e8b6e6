/* Sizes a build may change with -D; the defaults suit every port with a few tens of kilobytes. */
#ifndef HARNESS_CONFIG_H
#define HARNESS_CONFIG_H

/* Longest request payload; told to the host in HELLO. */
#ifndef HARNESS_MAX_PAYLOAD
#define HARNESS_MAX_PAYLOAD 1024u
#endif

/* Bytes a port can hold before the core reads them: a power of two, told to the host in HELLO. */
#ifndef HARNESS_RECEIVE_WINDOW
#define HARNESS_RECEIVE_WINDOW 4096u
#endif

/* All inputs of a model together, each rounded up to 16 bytes. */
#ifndef HARNESS_INPUT_BYTES
#define HARNESS_INPUT_BYTES 32768u
#endif

/* Whether the text protocol of MLPerf Tiny is spoken beside the frames. */
#ifndef HARNESS_MLPERF
#define HARNESS_MLPERF 1
#endif

/* MLPerf Tiny's energy mode: stamps are falling edges of the gate pin, and nothing else moves it. */
#ifndef HARNESS_MLPERF_ENERGY
#define HARNESS_MLPERF_ENERGY 0
#endif

/* What MLPerf Tiny's `name` answers; a simulator says that it is one. */
#ifndef HARNESS_DEVICE_NAME
#define HARNESS_DEVICE_NAME HARNESS_TARGET
#endif

/* What one tick counts, in 256ths: cycles of a board, instructions of a simulator. */
#ifndef HARNESS_TICK_COUNTS_Q8
#define HARNESS_TICK_COUNTS_Q8 256u
#endif

/* Most repeats of one RUN; a host that wants more asks again. */
#define HARNESS_MAX_REPEATS 1024u

/* Type, flags, sequence and CRC around a payload, and the same after COBS with its delimiter. */
#define FRAME_OVERHEAD 8u
#define FRAME_DECODED_MAX (HARNESS_MAX_PAYLOAD + FRAME_OVERHEAD)
#define FRAME_ENCODED_MAX (FRAME_DECODED_MAX + FRAME_DECODED_MAX / 254u + 2u)

_Static_assert(HARNESS_MAX_PAYLOAD <= 0xFFFFu, "HELLO tells the payload in 16 bits");
_Static_assert((HARNESS_RECEIVE_WINDOW & (HARNESS_RECEIVE_WINDOW - 1u)) == 0, "a ring is indexed with a mask");
_Static_assert(FRAME_ENCODED_MAX <= HARNESS_RECEIVE_WINDOW, "a ring holds the longest frame");

#endif
