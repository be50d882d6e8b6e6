/* What UNIDIRECTIONAL_SEQUENCE_LSTM asks of its record at load time. */
#include "lstm.h"

#define COLD __attribute__((cold, noinline)) /* for size, whatever the build's optimisation */

static COLD int check_tensor(const struct model *m, const struct image_operator *op, int i, uint8_t dtype)
{
    return op->tensors[i] < m->tensor_count && op_tensor(m, op, i)->dtype == dtype ? 0 : BAD_ARGUMENT;
}

static COLD int check_elements(const struct model *m, const struct image_operator *op, int i, int64_t count)
{
    return elements(&op_tensor(m, op, i)->dims) == count ? 0 : BAD_ARGUMENT;
}

static COLD int check_gate(const struct model *m, const struct lstm_gate *gate, int32_t cells)
{
    return check_scale(gate->input_multiplier, gate->input_shift, 30) |
           check_scale(gate->recurrent_multiplier, gate->recurrent_shift, 30) |
           check_image_words(m, gate->input_bias_at, cells) | check_image_words(m, gate->recurrent_bias_at, cells);
}

COLD int check_lstm(const struct model *m, const struct image_operator *op)
{
    const struct lstm_params *p = op_params(op);
    if (op->input_count != LSTM_OUTPUT || op->output_count != 1 || op->params_offset + sizeof *p > op->record_bytes)
        return BAD_ARGUMENT;
    for (int i = 0; i <= LSTM_OUTPUT; i++)
        if (check_tensor(m, op, i, i == LSTM_CELL_STATE ? INT16 : INT8))
            return BAD_ARGUMENT;
    const struct lstm_sizes s = lstm_sizes(m, op);
    const int64_t rows = (int64_t)s.batches * s.steps;
    int status = check_elements(m, op, LSTM_INPUT, rows * s.depth) | check_elements(m, op, LSTM_OUTPUT, rows * s.cells);
    for (int gate = 0; gate < LSTM_GATES; gate++)
        status |= check_elements(m, op, LSTM_INPUT_WEIGHTS + gate, (int64_t)s.cells * s.depth) |
                  check_elements(m, op, LSTM_RECURRENT_WEIGHTS + gate, (int64_t)s.cells * s.cells) |
                  check_gate(m, &p->gates[gate], s.cells);
    for (int state = LSTM_OUTPUT_STATE; state <= LSTM_CELL_STATE; state++)
        status |= check_elements(m, op, state, (int64_t)s.batches * s.cells) |
                  (op_tensor(m, op, state)->place == IMAGE_IN_STATE ? 0 : BAD_ARGUMENT);
    if (p->cell_shift < -15 || p->cell_shift > -9 || p->cell_clip < 0 || p->cell_clip > INT16_MAX)
        return BAD_ARGUMENT;
    return status | check_output_offset(p->hidden_offset) | check_scale(p->hidden_multiplier, p->hidden_shift, 30);
}
