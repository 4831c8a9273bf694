/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define ZLIB_CONST
#include "drivers/format/qcow2/codec.h"
#include "drivers/format/qcow2/ondisk.h"

#include <zlib.h>
#include <zstd.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ZSTD_DCtx, ZSTD_freeDCtx)

/* QEMU packs with a window of 4 KiB (-12) and other writers need not: the largest reads them all.
 */
#define RAW_DEFLATE_WINDOW (-15)

static bool check_inflated(int status, const z_stream *stream, GError **error)
{
    /* Z_BUF_ERROR: the cluster is full and the stream is not at its end, or the other way round. */
    if (status == Z_MEM_ERROR)
        return uc_error_set(error, UC_ERROR_MEMORY, "not enough memory for zlib");
    if (status != Z_STREAM_END && status != Z_BUF_ERROR)
        return uc_error_set(error, UC_ERROR_FAILED, "zlib: %s",
                            stream->msg ? stream->msg : zError(status));
    if (stream->avail_out != 0)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "the zlib stream gives %lu bytes, the cluster has %lu",
                            stream->total_out, stream->total_out + stream->avail_out);
    return true;
}

static bool unpack_zlib(const uint8_t *in, size_t in_length, uint8_t *out, size_t out_length,
                        GError **error)
{
    z_stream stream = {
        .next_in = in,
        .avail_in = (uInt)in_length,
        .next_out = out,
        .avail_out = (uInt)out_length,
    };
    int status = inflateInit2(&stream, RAW_DEFLATE_WINDOW);
    if (status == Z_OK)
        status = inflate(&stream, Z_FINISH);
    const bool ok = check_inflated(status, &stream, error);
    inflateEnd(&stream);
    return ok;
}

/* Frame by frame in one go each, so that the cluster itself is the window: however large a window
 * a frame asks for, none is allocated. */
static bool unpack_zstd(const uint8_t *in, size_t in_length, uint8_t *out, size_t out_length,
                        GError **error)
{
    g_autoptr(ZSTD_DCtx) context = ZSTD_createDCtx();
    size_t taken = 0, made = 0;
    if (!context)
        return uc_error_set(error, UC_ERROR_MEMORY, "not enough memory for zstd");
    while (made < out_length) {
        const size_t frame = ZSTD_findFrameCompressedSize(in + taken, in_length - taken);
        const size_t got =
            ZSTD_isError(frame)
                ? frame
                : ZSTD_decompressDCtx(context, out + made, out_length - made, in + taken, frame);
        if (ZSTD_isError(got))
            return uc_error_set(error, UC_ERROR_FAILED, "zstd, after %zu of %zu bytes: %s", made,
                                out_length, ZSTD_getErrorName(got));
        taken += frame;
        made += got;
    }
    return true;
}

bool qcow2_codec_unpack(uint8_t compression, const uint8_t *in, size_t in_length, uint8_t *out,
                        size_t out_length, GError **error)
{
    return compression == QCOW2_COMPRESSION_ZSTD
               ? unpack_zstd(in, in_length, out, out_length, error)
               : unpack_zlib(in, in_length, out, out_length, error);
}
