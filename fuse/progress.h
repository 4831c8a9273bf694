/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* How far a long piece of work has come: one line on standard error that renews itself. Only for
 * people: if standard error is a terminal and -q is not given. */
typedef struct UcProgress {
    bool shown;
    uint64_t total; /* bytes */
    gint64 begun;   /* monotonic microseconds */
    gint64 renewed;
} UcProgress;

void uc_progress_begin(UcProgress *progress, uint64_t total);
/* `done` bytes of the total are behind us, of which `read` had to be read. */
void uc_progress_set(UcProgress *progress, uint64_t done, uint64_t read);
/* Takes the line away. */
void uc_progress_end(UcProgress *progress);
