/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/map_output.h"

#include <inttypes.h>
#include <stdio.h>

/*
 * The metadata context base:allocation of the NBD protocol: two flags, and a word for each of
 * their combinations.
 */
enum { NBD_HOLE = 1, NBD_ZERO = 2 };

static unsigned flags_of(const UcStatus *status)
{
    return (uc_status_is_hole(status) ? NBD_HOLE : 0) | (status->zero ? NBD_ZERO : 0);
}

static const char *const descriptions[] = {"data", "hole", "zero", "hole,zero"};

void uc_map_nbd_begin(UcMapOutput *output)
{
    if (output->json)
        puts("[");
}

void uc_map_nbd_row(UcMapOutput *output, const UcMapRow *row)
{
    const UcStatus *status = &row->status;
    unsigned flags = flags_of(status);
    if (output->json)
        printf("%s{ \"offset\": %" PRIu64 ", \"length\": %" PRIu64
               ", \"type\": %u, \"description\": \"%s\"}",
               output->rows > 0 ? ",\n" : "", status->start, status->length, flags,
               descriptions[flags]);
    else
        printf("%10" PRIu64 "  %10" PRIu64 "  %3u  %s\n", status->start, status->length, flags,
               descriptions[flags]);
    output->rows++;
}

void uc_map_nbd_end(UcMapOutput *output)
{
    if (output->json)
        puts(output->rows > 0 ? "\n]" : "]");
}
