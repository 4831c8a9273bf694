/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/error.h"

#include <stdint.h>

/*
 * Inflates a raw deflate stream: fills all of `out` or fails.
 *
 * zlib is the judge of what is accepted and of what an error says: QEMU's writer and reader are
 * zlib. libdeflate, twice as fast, is asked first and believed in one case only: the stream came
 * to its end and gave exactly `out_length` bytes. Whatever else it says, zlib starts anew. So a
 * stream that goes on behind a full cluster, one that ends too early and one that is damaged get
 * zlib's answer.
 *
 * There is no checksum in a stream, so how strict a reader is decides what damage is found.
 * libdeflate lets pass what only damage can make: symbols that deflate reserves, lengths of codes
 * that run on behind the last one. The fixed code has reserved symbols one bit away from good ones,
 * so streams that begin with it go to zlib at once; those are short ones, of clusters with little
 * in them. Elsewhere, damage that libdeflate does not find and zlib would is one flipped bit in
 * 30,000 of such clusters, none in 100,000 of fuller ones. (zlib itself does not find every other
 * one.)
 */
bool qcow2_inflate(const uint8_t *in, size_t in_length, uint8_t *out, size_t out_length,
                   GError **error);

/* zlib's answer alone, for telling whether the other is the same. */
bool qcow2_inflate_judge(const uint8_t *in, size_t in_length, uint8_t *out, size_t out_length,
                         GError **error);
