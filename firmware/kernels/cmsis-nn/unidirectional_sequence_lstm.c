/* UNIDIRECTIONAL_SEQUENCE_LSTM through the parts of arm_lstm_unidirectional_s16_s8.
 *
 * That function shifts the bits out of cells whose scale is below 2^-12, knows no bound on them, and reads
 * beyond the biases of several batches with steps first. Its parts are right, one batch at a time. */
#include <string.h>

#include "../reference/lstm.h"
#include "arm_nnsupportfunctions.h"
#include "layout.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    const int status = check_lstm(model, op);
    if (status)
        return status;
    const struct lstm_sizes s = lstm_sizes(model, op);
    *scratch_bytes = (LSTM_GATES + 1u) * (uint32_t)s.cells * sizeof(int16_t);
    return s.cells <= INT16_MAX ? 0 : NOT_IMPLEMENTED; /* CMSIS-NN counts them in 16 bits */
}

static void calculate_gate(const struct model *m, const struct image_operator *op, int gate, const int8_t *in,
                           const int8_t *before, int16_t *out)
{
    const struct lstm_gate *const g = &((const struct lstm_params *)op_params(op))->gates[gate];
    const struct lstm_sizes s = lstm_sizes(m, op);
    const cmsis_nn_scaling own = {g->input_multiplier, g->input_shift};
    const cmsis_nn_scaling recurrent = {g->recurrent_multiplier, g->recurrent_shift};
    arm_nn_lstm_calculate_gate_s8_s16(
        in, tensor_data(m, op_tensor(m, op, LSTM_INPUT_WEIGHTS + gate)), image_words(m, g->input_bias_at), own, before,
        tensor_data(m, op_tensor(m, op, LSTM_RECURRENT_WEIGHTS + gate)), image_words(m, g->recurrent_bias_at),
        recurrent, 1, s.depth, s.cells, s.cells, gate == LSTM_CELL_GATE ? ARM_TANH : ARM_SIGMOID, out);
}

static void clip(int16_t *cells, int32_t count, int32_t most)
{
    for (int32_t i = 0; i < count; i++)
        cells[i] = (int16_t)(cells[i] > most ? most : cells[i] < -most ? -most : cells[i]);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct lstm_params *p = op_params(op);
    const struct lstm_sizes s = lstm_sizes(model, op);
    const cmsis_nn_scaling hidden = {p->hidden_multiplier, p->hidden_shift};
    const int8_t *const input = tensor_data(model, op_tensor(model, op, LSTM_INPUT));
    int8_t *before = tensor_data(model, op_tensor(model, op, LSTM_OUTPUT_STATE));
    int16_t *cells = tensor_data(model, op_tensor(model, op, LSTM_CELL_STATE));
    int8_t *const output = tensor_data(model, op_tensor(model, op, LSTM_OUTPUT));
    int16_t *const gates = op_scratch(model, op), *const copy = gates + LSTM_GATES * s.cells;

    for (int32_t batch = 0; batch < s.batches; batch++, before += s.cells, cells += s.cells)
        for (int32_t step = 0; step < s.steps; step++) {
            const int32_t row = lstm_row(p, &s, batch, step);
            for (int gate = 0; gate < LSTM_GATES; gate++)
                calculate_gate(model, op, gate, input + row * s.depth, before, gates + gate * s.cells);
            arm_nn_lstm_update_cell_state_s16(s.cells, p->cell_shift, cells, gates + LSTM_INPUT_GATE * s.cells,
                                              gates + LSTM_FORGET_GATE * s.cells, gates + LSTM_CELL_GATE * s.cells);
            if (p->cell_clip)
                clip(cells, s.cells, p->cell_clip);
            memcpy(copy, cells, (size_t)s.cells * sizeof *copy); /* it is written to */
            arm_nn_lstm_update_output_s8_s16(1, s.cells, copy, p->cell_shift, gates + LSTM_OUTPUT_GATE * s.cells,
                                             hidden, p->hidden_offset, before, gates);
            memcpy(output + row * s.cells, before, (size_t)s.cells);
        }
    return 0;
}

KERNEL(44, "UNIDIRECTIONAL_SEQUENCE_LSTM", prepare, invoke);
