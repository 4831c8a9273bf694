/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/graph.h"

/*
 * Files that lie in memory, and a table of drivers: the program's own, but that "file" and
 * "host_device" open these and no others. What waits and what opens files that are no children is
 * left out.
 *
 * The bytes lie at the beginning of the file; or, with a spread, piece by piece, each where a
 * multiple of 2^spread is, so that a short input fills the tables of an image with large clusters.
 * All else of the file is zeroes, or what it is filled with. A block of 512 zeroes is a hole.
 */
typedef struct MemoryFile {
    const char *name;
    const uint8_t *bytes; /* borrowed */
    uint64_t held;        /* how many these are */
    uint64_t size;        /* of the file; bytes that are held beyond it are not there */
    uint64_t piece;       /* bytes; 0: no pieces */
    uint32_t spread;
    uint8_t fill; /* what stands behind all that is held */
} MemoryFile;

/* What files there are from now on. Borrowed; what stands in them may change between inputs. */
void memory_use(const MemoryFile *files, size_t count);
const MemoryFile *memory_find(const char *name);

void memory_read(const MemoryFile *file, uint64_t offset, uint8_t *buffer, size_t length);

extern const UcDriver *const memory_drivers[];
/* With those that fail on purpose or because two children differ. */
extern const UcDriver *const memory_drivers_failing[];
