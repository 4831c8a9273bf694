/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

/* The bytes of a fuzzer's input that are not used yet. */
typedef struct Input {
    const uint8_t *next;
    size_t left;
} Input;

/* The first so many of them; all, if there are fewer. */
static inline Input input_take(Input *input, size_t length)
{
    const Input taken = {input->next, MIN(length, input->left)};
    input->next += taken.left;
    input->left -= taken.left;
    return taken;
}

/* A number of `width` bytes, big-endian. Behind the end stand zeroes. */
static inline uint64_t input_number(Input *input, unsigned width)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < width; i++) {
        const Input byte = input_take(input, 1);
        number = number << 8 | (byte.left ? *byte.next : 0);
    }
    return number;
}
