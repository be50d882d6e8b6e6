/* Commands of MLPerf Tiny's reference firmware, answered in its words (mlcommons/tiny, benchmark/api). */
#include "mlperf.h"

#if HARNESS_MLPERF

#include <string.h>

#include "engine.h"
#include "image_check.h"
#include "metered.h"
#include "port.h"
#include "text_line.h"
#include "text_out.h"

enum { DEFAULT_WARMUP = 10, FLOATS_PER_WINDOW = 640, BYTES_PER_ROW = 8 };

/* How a benchmark's bytes become the model's input. */
enum encoding { AS_THEY_ARE, UNSIGNED, FLOATS };

struct benchmark {
    uint16_t elements; /* of the input */
    uint8_t encoding;
    char name[6];
};

static uint32_t expected, stored; /* bytes of `db load`, and of them those that are there */
static bool converted;            /* the stored bytes are the model's input already */
static uint64_t now_ticks;        /* sum of all measured windows: the time base of the laps */

static void error(const char *what, const char *detail)
{
    put_text("e-[");
    put_text(what);
    put_text(detail);
    put_text("]\r\n");
}

static void refuse(const char *what)
{
    error(what, "");
}

static uint32_t input_bytes(void)
{
    return engine_io(0)->bytes;
}

/* The benchmark that the loaded model is of, by its input. */
static const struct benchmark *benchmark(void)
{
    static const struct benchmark known[] = {
        {490, AS_THEY_ARE, "kws01"},
        {3072, UNSIGNED, "ic01"},
        {27648, UNSIGNED, "vww01"},
        {FLOATS_PER_WINDOW, FLOATS, "ad01"},
        {0, AS_THEY_ARE, "none"},
    };
    const struct benchmark *one = known;

    while (one->elements != 0 && one->elements != input_bytes())
        one++;
    return one;
}

static uint8_t encoding(void)
{
    return benchmark()->encoding;
}

/* Floats lie behind the model's input, so that both are there when the error is taken. */
static uint8_t *raw(void)
{
    return engine_input_buffer() + (encoding() == FLOATS ? FLOATS_PER_WINDOW : 0);
}

static uint32_t capacity(void)
{
    return encoding() == FLOATS ? 4 * FLOATS_PER_WINDOW : input_bytes();
}

static float float_at(uint32_t index)
{
    float value;
    memcpy(&value, raw() + 4 * index, sizeof value);
    return value;
}

static int32_t nearest(float value)
{
    return (int32_t)(value < 0 ? value - 0.5f : value + 0.5f);
}

static void quantise(const struct image_tensor *input)
{
    int8_t *to = (int8_t *)engine_input_buffer();

    for (uint32_t i = 0; i < FLOATS_PER_WINDOW; i++) {
        int32_t value = nearest(float_at(i) / input->scale) + input->zero_point;
        to[i] = (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
    }
}

static void flip_signs(void)
{
    for (uint32_t i = 0; i < input_bytes(); i++)
        raw()[i] ^= 0x80u;
}

static void convert(void)
{
    if (converted)
        return;
    if (encoding() == UNSIGNED)
        flip_signs();
    else if (encoding() == FLOATS)
        quantise(engine_io(0));
    converted = true;
}

static float output_at(const struct image_tensor *output, uint32_t index)
{
    const int8_t *values = tensor_data(engine_model(), output);
    return (float)(values[index] - output->zero_point) * output->scale;
}

/* ad01's score of a window: mean square error between input and reconstruction. */
static float mean_square_error(const struct image_tensor *output)
{
    float sum = 0;

    for (uint32_t i = 0; i < FLOATS_PER_WINDOW; i++) {
        float difference = output_at(output, i) - float_at(i);
        sum += difference * difference;
    }
    return sum / FLOATS_PER_WINDOW;
}

static void answer_results(void)
{
    const struct image_header *header = image_header(engine_model()->image);
    const struct image_tensor *output = engine_io(header->input_count);

    put_text("m-results-[");
    if (encoding() == FLOATS && output->bytes == FLOATS_PER_WINDOW) {
        put_thousandths(nearest(1000 * mean_square_error(output)));
    } else {
        for (uint32_t i = 0; i < output->bytes; i++) {
            if (i != 0)
                put_text(",");
            put_thousandths(nearest(1000 * output_at(output, i)));
        }
    }
    put_text("]\r\n");
}

#if HARNESS_MLPERF_ENERGY

static void answer_timestamp(void)
{
    metered_stamp();
}

#else

/* Microseconds of all windows so far: counts of the counter at the nominal clock. */
static void answer_timestamp(void)
{
    uint64_t counts = now_ticks * HARNESS_TICK_COUNTS_Q8 >> 8;

    (void)divide(&counts, port_clock_hz() / 1000000u);
    put_text("m-lap-us-");
    put_decimal(counts);
    put_text("\r\n");
}

#endif

/* Decimal digits up to a space or the end; false where there are none, or too many. */
static bool number(const char **text, uint32_t *value)
{
    const char *from = *text;

    for (*value = 0; **text >= '0' && **text <= '9'; ++*text)
        *value = 10 * *value + (uint32_t)(**text - '0');
    if (*text == from || *text - from > 8 || (**text != ' ' && **text != '\0'))
        return false;
    *text += **text == ' ';
    return true;
}

static bool repeat(uint32_t times)
{
    uint64_t ticks;

    while (times-- > 0) {
        struct error failed = engine_infer(&ticks);
        if (failed.code != ERROR_NONE) {
            refuse(failed.text);
            return false;
        }
        now_ticks += ticks;
    }
    return true;
}

static void say_count(const char *what, uint32_t count)
{
    put_text(what);
    put_decimal(count);
    put_text("\r\n");
}

static void answer_infer(const char *text)
{
    uint32_t iterations, warmup = DEFAULT_WARMUP;

    if (!number(&text, &iterations) || iterations == 0) {
        refuse("Inference iterations must be >0");
        return;
    }
    if (*text != '\0' && !number(&text, &warmup)) {
        refuse("Inference warmup must be >=0");
        return;
    }
    convert();
    say_count("m-warmup-start-", warmup);
    if (!repeat(warmup))
        return;
    put_text("m-warmup-done\r\n");
    say_count("m-infer-start-", iterations);
    answer_timestamp();
    if (!repeat(iterations))
        return;
    answer_timestamp();
    put_text("m-infer-done\r\n");
    answer_results();
}

static int digit(char character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    character |= 0x20;
    return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

static void answer_hex(const char *text)
{
    for (; *text != '\0'; text += 2) {
        if (text[1] == '\0') {
            refuse("Insufficent number of hex digits");
            return;
        }
        int high = digit(text[0]), low = digit(text[1]);
        if (high < 0 || low < 0) {
            error("Invalid hex digit '", (const char[]){text[0], text[1], '\'', '\0'});
            return;
        }
        if (stored < expected)
            raw()[stored++] = (uint8_t)(high << 4 | low);
    }
    if (stored == expected)
        put_text("m-load-done\r\n");
}

static void answer_print(const char *text)
{
    uint32_t count, from;
    const uint8_t flip = converted && encoding() == UNSIGNED ? 0x80u : 0;

    if (!number(&text, &count))
        count = stored;
    (void)number(&text, &from);
    for (uint32_t i = 0; i < count && from + i < stored; i++) {
        put_text(i % BYTES_PER_ROW == 0 ? (i == 0 ? "m-buffer-" : "\r\nm-buffer-") : "-");
        put_hex8(raw()[from + i] ^ flip);
    }
    put_text("\r\n");
}

static void answer_load(const char *text)
{
    uint32_t count;

    if (!number(&text, &count)) {
        refuse("Command 'db load' requires the # of bytes");
    } else if (count == 0) {
        refuse("Command 'db load' must be >0 bytes");
    } else if (count > capacity()) {
        refuse("Command 'db load' has more bytes than the model's input");
    } else {
        expected = count;
        stored = 0;
        converted = false;
        put_text("m-[Expecting ");
        put_decimal(count);
        put_text(" bytes]\r\n");
    }
}

/* What follows `word` and a space, "" where nothing follows it, NULL where it is another word. */
static const char *after(const char *text, const char *word)
{
    for (; *word != '\0'; word++, text++)
        if (*text != *word)
            return NULL;
    return *text == ' ' ? text + 1 : *text == '\0' ? text : NULL;
}

static void answer_db(const char *text)
{
    const char *rest;

    if (*text == '\0')
        refuse("Command 'db' requires a subcommand");
    else if ((rest = after(text, "load")) != NULL)
        answer_load(rest);
    else if ((rest = after(text, "print")) != NULL)
        answer_print(rest);
    else
        answer_hex(text);
}

static void answer_of_model(const struct memory *memory, const char *text)
{
    const char *rest;
    struct error failed = engine_model() == NULL ? engine_load(memory) : no_error();

    if (failed.code != ERROR_NONE) {
        refuse(failed.text);
    } else if (after(text, "profile") != NULL) {
        put_text("m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\nm-model-[");
        put_text(benchmark()->name);
        put_text("]\r\n");
    } else if ((rest = after(text, "db")) != NULL) {
        answer_db(rest);
    } else if ((rest = after(text, "infer")) != NULL) {
        answer_infer(rest);
    } else if (after(text, "results") != NULL) {
        answer_results();
    } else {
        error("Unknown command: ", text);
    }
}

static void answer(const struct memory *memory, const char *text)
{
    if (after(text, "name") != NULL)
        put_text("m-name-dut-[" HARNESS_DEVICE_NAME "]\r\n");
    else if (after(text, "timestamp") != NULL)
        answer_timestamp();
    else if (after(text, "help") != NULL)
        put_text("name profile timestamp results\r\ndb load N|HEX|print [N] [AT]\r\n"
                 "infer N [W]\r\n");
    else
        answer_of_model(memory, text);
    put_text("m-ready\r\n");
}

bool mlperf_push(const struct memory *memory, uint8_t byte)
{
    static struct text_line line;

    if (!text_line_push(&line, byte))
        return false;
    answer(memory, line.text);
    return true;
}

#endif
