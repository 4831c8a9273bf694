/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define ZLIB_CONST
#include "drivers/format/qcow2/inflate.h"

#include <libdeflate.h>
#include <zlib.h>

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

bool qcow2_inflate_judge(const uint8_t *in, size_t in_length, uint8_t *out, size_t out_length,
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

static void free_decompressor(gpointer decompressor)
{
    libdeflate_free_decompressor(decompressor);
}

/* Each thread keeps one; NULL: no memory. */
static struct libdeflate_decompressor *get_decompressor(void)
{
    static GPrivate key = G_PRIVATE_INIT(free_decompressor);
    struct libdeflate_decompressor *decompressor = g_private_get(&key);
    if (!decompressor) {
        decompressor = libdeflate_alloc_decompressor();
        g_private_set(&key, decompressor);
    }
    return decompressor;
}

/* The type of a block stands in its second and third bit. */
static bool begins_with_fixed_code(const uint8_t *in, size_t in_length)
{
    return in_length > 0 && (in[0] >> 1 & 3) == 1;
}

static bool inflate_whole(const uint8_t *in, size_t in_length, uint8_t *out, size_t out_length)
{
    struct libdeflate_decompressor *decompressor = get_decompressor();
    /* Without a place for the length of the output only one length is a success. */
    return decompressor && libdeflate_deflate_decompress(decompressor, in, in_length, out,
                                                         out_length, NULL) == LIBDEFLATE_SUCCESS;
}

bool qcow2_inflate(const uint8_t *in, size_t in_length, uint8_t *out, size_t out_length,
                   GError **error)
{
    return (!begins_with_fixed_code(in, in_length) &&
            inflate_whole(in, in_length, out, out_length)) ||
           qcow2_inflate_judge(in, in_length, out, out_length, error);
}
