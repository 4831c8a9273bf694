/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/error.h"

#include <stdint.h>

/*
 * Unpacks one cluster: fills all of `out` or fails. `in` is as long as the L2 entry says, which is
 * exact to a sector only, so something that does not belong to the stream may follow it.
 *
 * What is accepted is what QEMU's reader accepts, since its writer made the images: a zlib stream
 * may go on after the cluster is full, unless what follows is damaged; a cluster may be made of
 * several zstd frames, empty and skippable ones among them, but the last one must end with it.
 * Where zstd itself judges a frame differently in one go and piece by piece (blocks larger than
 * the window allows, compressed blocks of no bytes: no writer makes them), this is in one go.
 * Frames of before zstd 0.8 are not accepted, which some builds of zstd still are able to unpack:
 * they are older than zstd in qcow2, and the code for them is not meant for hostile input.
 */
bool qcow2_codec_unpack(uint8_t compression, const uint8_t *in, size_t in_length, uint8_t *out,
                        size_t out_length, GError **error);
