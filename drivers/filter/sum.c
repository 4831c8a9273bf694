/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/filter/sum.h"

#include <glib.h>
#include <string.h>
#include <xxhash.h>

struct UcSumming {
    XXH3_state_t *state;
};

static UcSum canonical(XXH128_hash_t hash)
{
    XXH128_canonical_t canonical;
    UcSum sum;

    G_STATIC_ASSERT(sizeof canonical.digest == sizeof sum.bytes);
    XXH128_canonicalFromHash(&canonical, hash);
    memcpy(sum.bytes, canonical.digest, sizeof sum.bytes);
    return sum;
}

UcSum uc_sum_of(const void *bytes, size_t length)
{
    return canonical(XXH3_128bits(bytes, length));
}

UcSum uc_sum_of_zeroes(uint64_t length)
{
    static const uint8_t zeroes[65536];
    UcSumming *summing = uc_summing_new();
    UcSum sum;

    for (uint64_t left = length; left > 0; left -= MIN(left, sizeof zeroes))
        uc_summing_add(summing, zeroes, MIN(left, sizeof zeroes));
    sum = uc_summing_result(summing);
    uc_summing_free(summing);
    return sum;
}

bool uc_sum_equal(const UcSum *one, const UcSum *other)
{
    return memcmp(one->bytes, other->bytes, sizeof one->bytes) == 0;
}

void uc_sum_print(const UcSum *sum, char text[UC_SUM_TEXT])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < sizeof sum->bytes; i++) {
        text[2 * i] = digits[sum->bytes[i] >> 4];
        text[2 * i + 1] = digits[sum->bytes[i] & 15];
    }
    text[2 * sizeof sum->bytes] = '\0';
}

bool uc_sum_parse(const char *text, UcSum *sum)
{
    if (strspn(text, "0123456789abcdef") != UC_SUM_TEXT - 1 || text[UC_SUM_TEXT - 1] != '\0')
        return false;
    for (size_t i = 0; i < sizeof sum->bytes; i++)
        sum->bytes[i] =
            g_ascii_xdigit_value(text[2 * i]) << 4 | g_ascii_xdigit_value(text[2 * i + 1]);
    return true;
}

UcSumming *uc_summing_new(void)
{
    UcSumming *summing = g_new0(UcSumming, 1);

    summing->state = XXH3_createState();
    XXH3_128bits_reset(summing->state);
    return summing;
}

void uc_summing_add(UcSumming *summing, const void *bytes, size_t length)
{
    XXH3_128bits_update(summing->state, bytes, length);
}

UcSum uc_summing_result(const UcSumming *summing)
{
    return canonical(XXH3_128bits_digest(summing->state));
}

void uc_summing_free(UcSumming *summing)
{
    if (!summing)
        return;
    XXH3_freeState(summing->state);
    g_free(summing);
}
