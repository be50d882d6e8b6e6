/* A test kernel (opcode 131) that tells which operator the engine says is in flight.
 *
 * `prepare` asks for that many bytes of scratch, 1 more than the index; `invoke` writes the index to
 * the first two bytes of its output. */
#include <string.h>

#include "engine.h"

static int prepare(const struct model *m, const struct image_operator *op, uint32_t *scratch_bytes)
{
    (void)m;
    *scratch_bytes = 1u + engine_operator_in_flight();
    return op->output_count == 1 ? 0 : -1;
}

static int invoke(const struct model *m, const struct image_operator *op)
{
    uint16_t index = engine_operator_in_flight();
    memcpy(tensor_data(m, op_tensor(m, op, op->input_count)), &index, sizeof index);
    return 0;
}

KERNEL(131, "IN_FLIGHT", prepare, invoke);
