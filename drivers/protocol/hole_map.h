/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * What a host's filesystem has said about the holes of a file. It may say something else the next
 * time: space that was allocated but never written is a hole only until somebody reads it, for
 * then the page cache holds it, and after a while it is a hole again. Both are true, it reads as
 * zeroes; but a graph must not change its mind, so the first answer is kept.
 */
typedef struct HoleMap HoleMap;

typedef struct HoleRun {
    uint64_t start;
    uint64_t end; /* > start */
    bool is_hole;
} HoleRun;

/* Remembers up to `limit` runs; what comes after is not kept. */
HoleMap *hole_map_new(guint limit);
void hole_map_free(HoleMap *map);

/* The run that holds `offset`, if it is known. Any thread may call. */
bool hole_map_find(HoleMap *map, uint64_t offset, HoleRun *run);

/* Adds a run that was found, and returns what is to be said of its start: where something is known
 * already, that stands. */
HoleRun hole_map_add(HoleMap *map, HoleRun found);
