/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drivers/format/qcow2/codec.h"
#include "drivers/format/qcow2/inflate.h"
#include "drivers/format/qcow2/ondisk.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

/*
 * Compressed clusters. The first byte of the input says which codec (its lowest bit, 0 is zlib)
 * and, as a power of two from 512 on, how large the cluster is; all others are the stream.
 *
 * What is unpacked must be what a judge unpacks who knows no shortcut: zlib alone; zstd, piece by
 * piece, as QEMU does it.
 */
#define MOST_BITS 17
#define WINDOW_BITS 20 /* of the judge, who must have memory for it */

static uint8_t *filled(size_t length, uint8_t byte)
{
    uint8_t *bytes = g_malloc(length);
    memset(bytes, byte, length);
    return bytes;
}

/*
 * Damage that libdeflate does not see and zlib does (drivers/format/qcow2/inflate.h): reserved
 * symbols, more lengths of codes than there are, and how codes may be incomplete. No writer makes
 * such streams.
 */
static bool is_tolerated(const GError *judges)
{
    static const char *const known[] = {"zlib: too many length or distance symbols",
                                        "zlib: invalid bit length repeat",
                                        "zlib: invalid literal/lengths set",
                                        "zlib: invalid distances set",
                                        "zlib: invalid code lengths set",
                                        "zlib: invalid code -- missing end-of-block",
                                        NULL};
    return judges && g_strv_contains(known, judges->message);
}

static void check_zlib(Input in, size_t length)
{
    g_autofree uint8_t *out = filled(length, 0xA5), *judged = filled(length, 0x5A);
    g_autoptr(GError) error = NULL, judges = NULL;
    const bool ok =
        qcow2_codec_unpack(QCOW2_COMPRESSION_ZLIB, in.next, in.left, out, length, &error);
    const bool judged_ok = qcow2_inflate_judge(in.next, in.left, judged, length, &judges);
    promise_outcome(ok, error);
    promise_outcome(judged_ok, judges);
    promise(ok || !judged_ok);
    if (ok && !judged_ok && !is_tolerated(judges)) {
        fprintf(stderr, "unpacked, though %s\n", judges->message);
        abort();
    }
    promise(!judged_ok || memcmp(out, judged, length) == 0);
    promise(ok || judged_ok || strcmp(error->message, judges->message) == 0);
}

/* Whether a frame begins there whose format is none of before zstd 0.8. */
static bool is_frame(const ZSTD_inBuffer *source)
{
    const uint8_t *bytes = (const uint8_t *)source->src + source->pos;
    return source->size - source->pos >= 4 && (*bytes == 0x28 || bytes[3] == 0x18);
}

/* Fills `out`; 0, a zstd error, or (size_t)-1: the stream ends too early or goes on too long. */
static size_t judge_zstd(Input in, uint8_t *out, size_t length)
{
    static ZSTD_DCtx *context;
    ZSTD_inBuffer source = {in.next, in.left, 0};
    ZSTD_outBuffer target = {out, length, 0};
    size_t hint = 0;
    if (!context) {
        context = ZSTD_createDCtx();
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, WINDOW_BITS);
    }
    ZSTD_DCtx_reset(context, ZSTD_reset_session_only);
    while (target.pos < length) {
        const size_t before = source.pos + target.pos;
        if (hint == 0 && !is_frame(&source))
            return (size_t)-1;
        hint = ZSTD_decompressStream(context, &target, &source);
        if (ZSTD_isError(hint))
            return hint;
        if (source.pos + target.pos == before)
            return (size_t)-1;
    }
    return hint == 0 ? 0 : (size_t)-1;
}

/* The judge has a window of its own, and so a limit for it. */
static bool has_large_window(size_t verdict)
{
    return ZSTD_isError(verdict) &&
           ZSTD_getErrorCode(verdict) == ZSTD_error_frameParameter_windowTooLarge;
}

/* Numbers are little-endian there. */
static uint64_t little(Input bytes)
{
    uint64_t number = 0;
    for (size_t i = bytes.left; i-- > 0;)
        number = number << 8 | bytes.next[i];
    return number;
}

/* What a block of the frame may unpack to, at most; takes the frame's header. */
static uint64_t take_block_limit(Input *in)
{
    static const unsigned dictionary[] = {0, 1, 2, 4}, contents[] = {0, 2, 4, 8};
    const unsigned what = (unsigned)little(input_take(in, 1));
    const bool single = what >> 5 & 1;
    const unsigned window = single ? 0 : (unsigned)little(input_take(in, 1));
    input_take(in, dictionary[what & 3]);
    const unsigned width = what >> 6 ? contents[what >> 6] : single;
    const uint64_t size = little(input_take(in, width)) + (width == 2 ? 256 : 0);
    const uint64_t base = 1ull << (10 + window / 8);
    return MIN(single ? size : base + base / 8 * (window % 8), 128u << 10);
}

/* Blocks that the format does not allow and no writer makes: in one go, zstd does not mind that one
 * is too large, and piece by piece not that a compressed one has no bytes. */
static bool has_wrong_block(Input in)
{
    while (in.left > 4) {
        const uint64_t magic = little(input_take(&in, 4));
        if (magic >> 4 == 0x184d2a5) {
            input_take(&in, little(input_take(&in, 4)));
            continue;
        }
        const bool checksum = in.left > 0 && *in.next >> 2 & 1;
        const uint64_t limit = take_block_limit(&in);
        for (bool last = magic != 0xfd2fb528; !last && in.left > 0;) {
            const uint64_t head = little(input_take(&in, 3));
            const uint64_t kind = head >> 1 & 3, length = head >> 3;
            last = head & 1;
            if (length > limit || (kind == 2 && length == 0))
                return true;
            input_take(&in, kind == 1 ? 1 : length);
        }
        input_take(&in, checksum ? 4 : 0);
    }
    return false;
}

static void check_zstd(Input in, size_t length)
{
    g_autofree uint8_t *out = filled(length, 0xA5), *judged = filled(length, 0x5A);
    g_autoptr(GError) error = NULL;
    const bool ok =
        qcow2_codec_unpack(QCOW2_COMPRESSION_ZSTD, in.next, in.left, out, length, &error);
    const size_t verdict = judge_zstd(in, judged, length);
    promise_outcome(ok, error);
    promise(ok || verdict != 0 || has_wrong_block(in));
    if (ok && verdict != 0 && !has_large_window(verdict) && !has_wrong_block(in)) {
        fprintf(stderr, "unpacked, though %s\n",
                verdict == (size_t)-1 ? "too short or long" : ZSTD_getErrorName(verdict));
        abort();
    }
    promise(!ok || verdict != 0 || memcmp(out, judged, length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input = {data, size};
    const unsigned how = (unsigned)input_number(&input, 1);
    const size_t length = (size_t)1 << (9 + (how >> 1) % (MOST_BITS - 9 + 1));
    if (how & 1)
        check_zstd(input, length);
    else
        check_zlib(input, length);
    return 0;
}
