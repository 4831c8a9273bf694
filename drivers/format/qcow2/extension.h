/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/error.h"

#include <stdint.h>

/* Bytes of somebody else's buffer. NULL: absent. */
typedef struct Qcow2Bytes {
    const uint8_t *bytes;
    size_t length;
} Qcow2Bytes;

/*
 * The header extensions that matter to a reader, as they stand in the header's cluster: nothing is
 * copied, so nothing outlives the buffer they were found in. One that appears twice counts as it
 * stands the last time.
 */
typedef struct Qcow2Extensions {
    Qcow2Bytes backing_format;
    Qcow2Bytes data_file;     /* name of the external data file, no NUL in it */
    Qcow2Bytes feature_names; /* the table, see feature.h */
    Qcow2Bytes bitmaps;
    bool crypto; /* there is an encryption header somewhere */
} Qcow2Extensions;

/* `area` starts behind the header and ends where the extensions must have ended. */
bool qcow2_extensions_parse(const uint8_t *area, size_t length, Qcow2Extensions *extensions,
                            GError **error);

/* How many bitmaps the image says it has; 0 also if that cannot be told. */
uint32_t qcow2_extensions_bitmaps(const Qcow2Extensions *extensions);
