/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/image.h"

#include <zlib.h>
#include <zstd.h>

static void grow(UnitImage *image, uint64_t length)
{
    const guint old = image->bytes->len;
    if (old >= length)
        return;
    g_byte_array_set_size(image->bytes, (guint)length);
    memset(image->bytes->data + old, 0, length - old);
}

void image_put(UnitImage *image, uint64_t at, unsigned width, uint64_t value)
{
    grow(image, at + width);
    for (unsigned i = 0; i < width; i++)
        image->bytes->data[at + i] = (uint8_t)(value >> 8 * (width - 1 - i));
}

void image_put_bytes(UnitImage *image, uint64_t at, const uint8_t *bytes, uint64_t length)
{
    grow(image, at + length);
    memcpy(image->bytes->data + at, bytes, length);
}

void image_put_text(UnitImage *image, uint64_t at, const char *text)
{
    image_put_bytes(image, at, (const uint8_t *)text, strlen(text));
}

void image_fill(UnitImage *image, uint64_t cluster, uint8_t byte)
{
    grow(image, (cluster + 1) * K4);
    memset(image->bytes->data + cluster * K4, byte, K4);
}

static size_t deflate_raw(const uint8_t *in, size_t length, uint8_t *out, size_t room)
{
    z_stream stream = {0};
    deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -12, 9, Z_DEFAULT_STRATEGY);
    stream.next_in = (Bytef *)in;
    stream.avail_in = (uInt)length;
    stream.next_out = out;
    stream.avail_out = (uInt)room;
    g_assert(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    deflateEnd(&stream);
    return stream.total_out;
}

uint64_t image_put_packed(UnitImage *image, uint64_t at, unsigned cluster_bits, bool zstd,
                          const uint8_t *cluster)
{
    const size_t length = (size_t)1 << cluster_bits, room = 2 * length;
    g_autofree uint8_t *packed = g_malloc(room);
    const size_t used = zstd ? ZSTD_compress(packed, room, cluster, length, 3)
                             : deflate_raw(cluster, length, packed, room);
    const uint64_t sectors = (at + used - 1) / QCOW2_SECTOR - at / QCOW2_SECTOR;
    g_assert(!ZSTD_isError(used));
    image_put_bytes(image, at, packed, used);
    return QCOW2_ENTRY_COMPRESSED | sectors << (62 - (cluster_bits - 8)) | at;
}

UnitImage image_new(uint64_t size)
{
    UnitImage image = {g_byte_array_new()};
    image_put(&image, QCOW2_AT_MAGIC, 4, QCOW2_MAGIC);
    image_put(&image, QCOW2_AT_VERSION, 4, 3);
    image_put(&image, QCOW2_AT_CLUSTER_BITS, 4, 12);
    image_put(&image, QCOW2_AT_SIZE, 8, size);
    image_put(&image, QCOW2_AT_L1_ENTRIES, 4, 1);
    image_put(&image, QCOW2_AT_L1_OFFSET, 8, IMAGE_L1);
    image_put(&image, QCOW2_AT_HEADER_LENGTH, 4, QCOW2_HEADER_BYTES);
    image_put(&image, IMAGE_L1, 8, QCOW2_ENTRY_COPIED | IMAGE_L2);
    image_put(&image, 4 * K4 - 1, 1, 0);
    return image;
}

void image_write(const UnitImage *image, const char *name)
{
    if (!g_file_set_contents(name, (const char *)image->bytes->data, image->bytes->len, NULL))
        g_error("cannot write %s", name);
}

void image_clear(UnitImage *image)
{
    g_byte_array_unref(image->bytes);
}
