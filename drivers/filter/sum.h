/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A sum is the XXH3-128 of some bytes, kept in the order in which it is written: 32 hexadecimal
 * digits, as xxh128sum(1) prints them. It finds every accident; it is not made to withstand
 * somebody who wants two contents with one sum.
 */
typedef struct UcSum {
    uint8_t bytes[16];
} UcSum;

#define UC_SUM_TEXT 33 /* the digits and a NUL */

UcSum uc_sum_of(const void *bytes, size_t length);
UcSum uc_sum_of_zeroes(uint64_t length);
bool uc_sum_equal(const UcSum *one, const UcSum *other);

void uc_sum_print(const UcSum *sum, char text[UC_SUM_TEXT]);
/* Exactly 32 digits, lower case, and nothing behind them. */
bool uc_sum_parse(const char *text, UcSum *sum);

/* A sum of bytes that come one after the other. */
typedef struct UcSumming UcSumming;

UcSumming *uc_summing_new(void);
void uc_summing_add(UcSumming *summing, const void *bytes, size_t length);
UcSum uc_summing_result(const UcSumming *summing); /* of what was added so far */
void uc_summing_free(UcSumming *summing);
