/* UNIDIRECTIONAL_SEQUENCE_LSTM of int8 with cells of int16, by sigmoid and tanh in 16-bit fixed point. */
#include <string.h>

#include "fixed_point_16.h"
#include "lstm.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    return check_lstm(model, op);
}

static int32_t dot(const int8_t *a, const int8_t *b, int32_t n)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* What goes into a gate's sigmoid or tanh for one cell, in Q3.12. */
static int32_t gate_sum(const struct model *m, const struct image_operator *op, int gate, int32_t cell,
                        const int8_t *in, const int8_t *before)
{
    const struct lstm_gate *const g = &((const struct lstm_params *)op_params(op))->gates[gate];
    const struct lstm_sizes s = lstm_sizes(m, op);
    const int8_t *const own = tensor_data(m, op_tensor(m, op, LSTM_INPUT_WEIGHTS + gate));
    const int8_t *const recurrent = tensor_data(m, op_tensor(m, op, LSTM_RECURRENT_WEIGHTS + gate));
    const int32_t of_input = image_words(m, g->input_bias_at)[cell] + dot(in, own + cell * s.depth, s.depth);
    const int32_t of_output =
        image_words(m, g->recurrent_bias_at)[cell] + dot(before, recurrent + cell * s.cells, s.cells);
    const int32_t sum = clamp_to_int16(requantize_rounding_twice(of_input, g->input_multiplier, g->input_shift));
    return clamp_to_int16(sum +
                          requantize_rounding_twice(of_output, g->recurrent_multiplier, g->recurrent_shift));
}

static int16_t next_cell(const struct lstm_params *p, int32_t cell, const int32_t *sums)
{
    const int32_t kept = rounded_divide_by_power_of_two(sigmoid_16(sums[LSTM_FORGET_GATE]) * cell, 15);
    const int32_t added = rounded_divide_by_power_of_two(
        sigmoid_16(sums[LSTM_INPUT_GATE]) * tanh_16(sums[LSTM_CELL_GATE], 3), 30 + p->cell_shift);
    const int32_t next = clamp_to_int16(kept + (int16_t)added);
    if (p->cell_clip == 0)
        return (int16_t)next;
    return (int16_t)(next > p->cell_clip ? p->cell_clip : next < -p->cell_clip ? -p->cell_clip : next);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct lstm_params *p = op_params(op);
    const struct lstm_sizes s = lstm_sizes(model, op);
    const int8_t *const input = tensor_data(model, op_tensor(model, op, LSTM_INPUT));
    int8_t *before = tensor_data(model, op_tensor(model, op, LSTM_OUTPUT_STATE));
    int16_t *cells = tensor_data(model, op_tensor(model, op, LSTM_CELL_STATE));
    int8_t *const output = tensor_data(model, op_tensor(model, op, LSTM_OUTPUT));

    for (int32_t batch = 0; batch < s.batches; batch++, before += s.cells, cells += s.cells)
        for (int32_t step = 0; step < s.steps; step++) {
            const int32_t row = lstm_row(p, &s, batch, step);
            int8_t *const out = output + row * s.cells;
            for (int32_t c = 0; c < s.cells; c++) {
                int32_t sums[LSTM_GATES];
                for (int gate = 0; gate < LSTM_GATES; gate++)
                    sums[gate] = gate_sum(model, op, gate, c, input + row * s.depth, before);
                cells[c] = next_cell(p, cells[c], sums);
                const int32_t hidden = sigmoid_16(sums[LSTM_OUTPUT_GATE]) * tanh_16(cells[c], 15 + p->cell_shift);
                out[c] = clamp_to_int8(
                    requantize_rounding_twice(hidden, p->hidden_multiplier, p->hidden_shift) + p->hidden_offset,
                    INT8_MIN, INT8_MAX);
            }
            memcpy(before, out, (size_t)s.cells);
        }
    return 0;
}

KERNEL(44, "UNIDIRECTIONAL_SEQUENCE_LSTM", prepare, invoke);
