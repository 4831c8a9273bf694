/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/format/qcow2/extension.h"
#include "drivers/format/qcow2/ondisk.h"

#include <inttypes.h>

static bool take_backing_format(Qcow2Extensions *extensions, Qcow2Bytes data, GError **error)
{
    if (data.length > QCOW2_MAX_FORMAT_LENGTH)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "the name of the backing format has %zu bytes, expected at most %d",
                            data.length, QCOW2_MAX_FORMAT_LENGTH);
    extensions->backing_format = data;
    return true;
}

static bool take_data_file(Qcow2Extensions *extensions, Qcow2Bytes data, GError **error)
{
    if (memchr(data.bytes, 0, data.length))
        return uc_error_set(error, UC_ERROR_FAILED,
                            "the name of the external data file has a NUL byte in it");
    if (data.length > QCOW2_MAX_DATA_FILE_LENGTH)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "the name of the external data file has %zu bytes, expected at most %d",
                            data.length, QCOW2_MAX_DATA_FILE_LENGTH);
    extensions->data_file = data;
    return true;
}

static bool take_one(Qcow2Extensions *extensions, uint32_t type, Qcow2Bytes data, GError **error)
{
    switch (type) {
    case QCOW2_EXTENSION_BACKING_FORMAT:
        return take_backing_format(extensions, data, error);
    case QCOW2_EXTENSION_DATA_FILE:
        return take_data_file(extensions, data, error);
    case QCOW2_EXTENSION_FEATURE_NAMES:
        extensions->feature_names = data;
        return true;
    case QCOW2_EXTENSION_BITMAPS:
        extensions->bitmaps = data;
        return true;
    case QCOW2_EXTENSION_CRYPTO:
        extensions->crypto = true;
        return true;
    default: /* the specification: unknown ones can safely be ignored */
        return true;
    }
}

bool qcow2_extensions_parse(const uint8_t *area, size_t length, Qcow2Extensions *extensions,
                            GError **error)
{
    size_t at = 0;
    *extensions = (Qcow2Extensions){0};
    while (at < length && length - at >= QCOW2_EXTENSION_HEADER) {
        const uint32_t type = qcow2_u32(area + at);
        const uint32_t size = qcow2_u32(area + at + 4);
        at += QCOW2_EXTENSION_HEADER;
        if (size > length - at)
            return uc_error_set(error, UC_ERROR_FAILED,
                                "header extension 0x%08" PRIx32 " has %" PRIu32
                                " bytes, but only %zu follow",
                                type, size, length - at);
        if (type == QCOW2_EXTENSION_END)
            return true;
        if (!take_one(extensions, type, (Qcow2Bytes){area + at, size}, error))
            return false;
        at += ((size_t)size + 7) & ~(size_t)7;
    }
    return true;
}

uint32_t qcow2_extensions_bitmaps(const Qcow2Extensions *extensions)
{
    return extensions->bitmaps.length == QCOW2_BITMAPS_LENGTH ? qcow2_u32(extensions->bitmaps.bytes)
                                                              : 0;
}
