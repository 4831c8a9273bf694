/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "tests/fuzz/input.h"
#include "tests/fuzz/memory.h"

/*
 * Several files from one input, in few bytes, so that most of what a fuzzer changes means
 * something: files begin as nothing, and records put bytes into them.
 *
 *     PLACE LENGTH BYTES    1 to 127 bytes at 8 * PLACE
 *     PLACE COUNT BYTE      128 to 255: that byte, 64 * (COUNT - 127) times
 *     PLACE 0 END           the file ends there, at (8 * PLACE + END % 8) << END / 8
 *     65535                 the next file begins
 *
 * PLACE has two bytes, everything else one. A file ends behind its last byte if nothing is said.
 */
enum { LAYER_TOP, LAYER_BACKING, LAYER_RAW, LAYER_DATA, LAYERS };

/* They are put into use, by these names: test.qcow2, base.qcow2, base.raw, data.bin. */
void layers_read(Input input);

size_t layers_count(void); /* those that the input speaks of */
