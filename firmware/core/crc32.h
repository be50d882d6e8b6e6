/* CRC-32 of IEEE 802.3 (reflected polynomial 0xEDB88320), the one of zlib.crc32. */
#ifndef HARNESS_CRC32_H
#define HARNESS_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Continue a CRC over n bytes; start with 0, as zlib does. */
uint32_t crc32_update(uint32_t crc, const void *data, size_t n);

#endif
