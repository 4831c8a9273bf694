/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The calls with which the library reads files and asks for memory that it may be refused are all
 * answered in calls.c, for every unit test: truthfully, unless something else was arranged here.
 */
typedef enum {
    CALLS_FAIL,      /* reads, seeks and stats: EIO */
    CALLS_CUT,       /* reads: some of what was asked for, at least a byte */
    CALLS_INTERRUPT, /* reads: EINTR */
    CALLS_REFUSE,    /* memory, and what zlib, zstd and libdeflate need of it: none */
    CALLS_FATES,
} CallsFate;

const char *calls_fate_to_string(CallsFate fate);

/* From now on, of all calls that this can happen to, it happens to the `first` to the `last`. */
void calls_arrange(CallsFate fate, guint first, guint last);
/* Everything goes well again. Returns how many such calls there were. */
guint calls_settle(void);

/* A read that touches [start, end) of this file gets what lies before it, or EIO; NULL: none does,
 * again. */
void calls_spoil(const char *name, uint64_t start, uint64_t end);

/* Where the bytes were that reads have asked for. */
typedef struct CallsRead {
    uint64_t file; /* its inode */
    uint64_t start, end;
} CallsRead;

/* Appends every read to `reads`, of CallsRead; NULL: not any more. */
void calls_record(GArray *reads);
uint64_t calls_file(const char *name); /* its inode */
