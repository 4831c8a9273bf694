/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/layers.h"

#include <string.h>

#define SPACE (8 * 65536)
#define NEXT_FILE 65535

static uint8_t space[LAYERS][SPACE];

static MemoryFile files[LAYERS] = {
    [LAYER_TOP] = {.name = "test.qcow2", .bytes = space[LAYER_TOP]},
    [LAYER_BACKING] = {.name = "base.qcow2", .bytes = space[LAYER_BACKING]},
    [LAYER_RAW] = {.name = "base.raw", .bytes = space[LAYER_RAW]},
    [LAYER_DATA] = {.name = "data.bin", .bytes = space[LAYER_DATA]},
};

static size_t count;

static void clear(void)
{
    for (size_t i = 0; i < LAYERS; i++) {
        memset(space[i], 0, files[i].held);
        files[i].held = files[i].size = 0;
    }
}

static void put(MemoryFile *file, size_t at, size_t length)
{
    file->held = MAX(file->held, at + length);
    file->size = MAX(file->size, file->held);
}

static void end_file(MemoryFile *file, uint64_t at, unsigned end)
{
    file->size = (at + end % 8) << end / 8;
}

static void read_record(MemoryFile *file, uint8_t *bytes, size_t at, Input *input)
{
    const unsigned length = (unsigned)input_number(input, 1);
    if (length == 0) {
        end_file(file, at, (unsigned)input_number(input, 1));
    } else if (length < 128) {
        const Input literal = input_take(input, MIN(length, SPACE - at));
        memcpy(bytes + at, literal.next, literal.left);
        put(file, at, literal.left);
    } else {
        const size_t repeated = MIN((length - 127) * 64, SPACE - at);
        memset(bytes + at, (int)input_number(input, 1), repeated);
        put(file, at, repeated);
    }
}

void layers_read(Input input)
{
    clear();
    for (count = 1; input.left >= 2;) {
        const size_t place = input_number(&input, 2);
        if (place != NEXT_FILE)
            read_record(&files[count - 1], space[count - 1], 8 * place, &input);
        else if (count++ == LAYERS)
            break;
    }
    count = MIN(count, LAYERS);
    memory_use(files, count);
}

size_t layers_count(void)
{
    return count;
}
