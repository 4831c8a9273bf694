/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib.h>
#include <stdint.h>
#include <string.h>

/*
 * How the input of the chain target is changed: mostly one of its records (layers.h) and not any
 * byte, after which all that follows would mean something else.
 */
#define HEAD 3 /* bytes in front of the first record */
#define RECORD 3
#define NEXT_FILE 0xffff

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

typedef struct Record {
    size_t at;   /* where it begins */
    size_t body; /* bytes behind place and length; 0: there is no record */
} Record;

static size_t body_length(const uint8_t *data, size_t size, size_t at)
{
    const size_t stated = data[at + 2] > 0 && data[at + 2] < 128 ? data[at + 2] : 1;
    return MIN(stated, size - at - RECORD);
}

/* Any of them. */
static Record pick(const uint8_t *data, size_t size, GRand *random)
{
    Record picked = {0};
    int count = 0;
    for (size_t at = HEAD; at + RECORD < size;) {
        if ((data[at] << 8 | data[at + 1]) == NEXT_FILE) {
            at += 2;
            continue;
        }
        const size_t body = body_length(data, size, at);
        if (g_rand_int_range(random, 0, ++count) == 0)
            picked = (Record){at, body};
        at += RECORD + body;
    }
    return picked;
}

/* What could stand in a table of a small image. */
static uint64_t make_entry(GRand *random)
{
    static const uint64_t flags[] = {0, 1ull << 63, 1ull << 63, 1ull << 63 | 1, 1, 1ull << 62};
    static const unsigned bits[] = {9, 9, 9, 14, 16};
    const uint64_t place = (uint64_t)g_rand_int_range(random, 0, 48)
                           << bits[g_rand_int_range(random, 0, G_N_ELEMENTS(bits))];
    const uint64_t extra =
        g_rand_int_range(random, 0, 8) ? 0 : 1ull << g_rand_int_range(random, 0, 64);
    return (place | flags[g_rand_int_range(random, 0, G_N_ELEMENTS(flags))]) ^ extra;
}

static void put_entry(uint8_t *body, size_t length, GRand *random)
{
    const uint64_t entry = GUINT64_TO_BE(make_entry(random));
    if (length >= 8)
        memcpy(body + 8 * g_rand_int_range(random, 0, (gint32)(length / 8)), &entry, 8);
}

static void move(uint8_t *record, GRand *random)
{
    const int place = record[0] << 8 | record[1];
    const int moved = place + g_rand_int_range(random, -64, 65);
    record[0] = (uint8_t)(moved >> 8);
    record[1] = (uint8_t)moved;
}

static size_t repeat(uint8_t *data, size_t size, size_t max_size, Record record, GRand *random)
{
    const size_t length = RECORD + record.body, end = record.at + length;
    if (size + length > max_size)
        return size;
    memmove(data + end + length, data + end, size - end);
    memcpy(data + end, data + record.at, length);
    move(data + end, random);
    return size + length;
}

static size_t drop(uint8_t *data, size_t size, Record record)
{
    const size_t length = RECORD + record.body, end = record.at + length;
    memmove(data + record.at, data + end, size - end);
    return size - length;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    const Record record = pick(data, size, random);
    const int what = g_rand_int_range(random, 0, 16);
    if (record.body == 0 || what == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    if (what == 1)
        return repeat(data, size, max_size, record, random);
    if (what == 2)
        return drop(data, size, record);
    if (what == 3)
        move(data + record.at, random);
    else if (what < 9)
        put_entry(data + record.at + RECORD, record.body, random);
    else if (what == 9)
        LLVMFuzzerMutate(data, HEAD, HEAD);
    else
        LLVMFuzzerMutate(data + record.at + RECORD, record.body, record.body);
    return size;
}
