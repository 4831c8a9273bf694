/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/format/qcow2/codec.h"
#include "drivers/format/qcow2/inflate.h"
#include "drivers/format/qcow2/ondisk.h"

#include <zstd.h>

static void free_context(gpointer context)
{
    ZSTD_freeDCtx(context);
}

/* Each thread keeps one: making it costs a fifth of what it then does for a cluster. */
static ZSTD_DCtx *get_context(void)
{
    static GPrivate key = G_PRIVATE_INIT(free_context);
    ZSTD_DCtx *context = g_private_get(&key);
    if (!context) {
        context = ZSTD_createDCtx();
        g_private_set(&key, context);
    }
    return context;
}

/* Frames of before zstd 0.8 are decoded by code of their own, in some builds of the library. */
static bool is_old_frame(const uint8_t *in, size_t length)
{
    return length >= 4 && in[0] >= 0x1e && in[0] < 0x28 && in[1] == 0xb5 && in[2] == 0x2f &&
           in[3] == 0xfd;
}

/* Unpacks the frame that comes next; its packed length, or 0 and a reason. */
static size_t unpack_frame(ZSTD_DCtx *context, const uint8_t *in, size_t in_length, uint8_t *out,
                           size_t out_length, size_t *made, const char **reason)
{
    if (is_old_frame(in, in_length)) {
        *reason = "a frame of before zstd 0.8";
        return 0;
    }
    const size_t frame = ZSTD_findFrameCompressedSize(in, in_length);
    const size_t got =
        ZSTD_isError(frame) ? frame : ZSTD_decompressDCtx(context, out, out_length, in, frame);
    if (ZSTD_isError(got)) {
        *reason = ZSTD_getErrorName(got);
        return 0;
    }
    *made += got;
    return frame;
}

/* Frame by frame in one go each, so that the cluster itself is the window: however large a window
 * a frame asks for, none is allocated. */
static bool unpack_zstd(const uint8_t *in, size_t in_length, uint8_t *out, size_t out_length,
                        GError **error)
{
    ZSTD_DCtx *context = get_context();
    size_t taken = 0, made = 0;
    if (!context)
        return uc_error_set(error, UC_ERROR_MEMORY, "not enough memory for zstd");
    while (made < out_length) {
        const char *reason = NULL;
        taken += unpack_frame(context, in + taken, in_length - taken, out + made, out_length - made,
                              &made, &reason);
        if (reason)
            return uc_error_set(error, UC_ERROR_FAILED, "zstd, after %zu of %zu bytes: %s", made,
                                out_length, reason);
    }
    return true;
}

bool qcow2_codec_unpack(uint8_t compression, const uint8_t *in, size_t in_length, uint8_t *out,
                        size_t out_length, GError **error)
{
    return compression == QCOW2_COMPRESSION_ZSTD
               ? unpack_zstd(in, in_length, out, out_length, error)
               : qcow2_inflate(in, in_length, out, out_length, error);
}
