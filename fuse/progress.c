/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/progress.h"

#include "fuse/log.h"

#include <stdio.h>
#include <unistd.h>

#define PATIENCE (G_USEC_PER_SEC / 5)

void uc_progress_begin(UcProgress *progress, uint64_t total)
{
    gint64 now = g_get_monotonic_time();
    *progress = (UcProgress){.total = total, .begun = now, .renewed = now};
}

void uc_progress_set(UcProgress *progress, uint64_t done, uint64_t read)
{
    gint64 now = g_get_monotonic_time();
    if (now - progress->renewed < PATIENCE)
        return;
    progress->renewed = now;
    if (uc_log_is_quiet() || !isatty(STDERR_FILENO))
        return;
    double seconds = (now - progress->begun) / (double)G_USEC_PER_SEC;
    fprintf(stderr, "\r%5.1f %% of %.1f GiB, %.1f GiB read, %.0f MiB/s\033[K",
            progress->total > 0 ? 100.0 * done / progress->total : 100.0,
            progress->total / 1073741824.0, read / 1073741824.0, read / 1048576.0 / seconds);
    progress->shown = true;
}

void uc_progress_end(UcProgress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = false;
}
