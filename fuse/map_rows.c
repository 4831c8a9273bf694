/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/map_rows.h"

#include "fuse/crew.h"

#define SHORTEST (UINT64_C(64) << 20) /* bytes: what a thread is given at first */
#define FEW_ROWS 4096                 /* a stretch that has fewer might be longer */
#define MOST_ROWS (4 * FEW_ROWS)      /* that are kept of a stretch */

/* A job: the rows from `next` on, as many as may be kept. */
typedef struct Stretch {
    uint64_t next, end;
    GArray *rows; /* of UcMapRow */
} Stretch;

struct UcRows {
    const UcListing *listing;
    uint64_t next, end; /* what is to be given out yet */
    uint64_t length;    /* of the next stretch: follows how many rows there are */
    UcCrew *crew;
    Stretch *current;
    guint taken;      /* rows of the current stretch */
    UcMapRow pending; /* the next row, as far as it is known; length 0: none */
};

/* ---- rows ---- */

static void reduce(const UcListing *listing, UcStatus *status)
{
    status->allocated = false;
    if (!listing->nbd)
        return;
    *status = (UcStatus){.start = status->start,
                         .length = status->length,
                         .zero = status->zero,
                         .reserved = status->zero && status->reserved};
}

/* An exact status is one extent. */
static void explain(const UcNode *node, UcMapRow *row)
{
    UcExtents extents;
    uc_extents_init(&extents, node, row->status.start, row->status.length, UC_REACH_STATUS);
    row->explained = uc_extents_next(&extents, &row->path);
}

/* Extents differ in their paths; rows join those that look the same. */
static bool join(UcMapRow *row, const UcMapRow *next)
{
    if (row->status.length == 0 ||
        (row->explained && !uc_path_continues(&row->path, &next->path)) ||
        !uc_status_join(&row->status, &next->status))
        return false;
    row->path.length += next->path.length;
    return true;
}

static void add_row(Stretch *stretch, const UcMapRow *row)
{
    GArray *rows = stretch->rows;
    if (rows->len == 0 || !join(&g_array_index(rows, UcMapRow, rows->len - 1), row))
        g_array_append_val(rows, *row);
}

/* ---- stretches ---- */

static void find_rows(gpointer job, gpointer data)
{
    Stretch *stretch = job;
    const UcListing *listing = data;
    UcStatuses statuses;
    UcMapRow row = {0};
    uc_statuses_init(&statuses, listing->node, stretch->next, stretch->end - stretch->next,
                     &listing->query);
    while (stretch->rows->len < MOST_ROWS && uc_statuses_next(&statuses, &row.status)) {
        reduce(listing, &row.status);
        if (listing->explain)
            explain(listing->node, &row);
        add_row(stretch, &row);
        stretch->next = row.status.start + row.status.length;
    }
}

static void stretch_free(gpointer data)
{
    Stretch *stretch = data;
    g_array_unref(stretch->rows);
    g_free(stretch);
}

static void give_stretch(UcRows *rows)
{
    Stretch *stretch = g_new0(Stretch, 1);
    stretch->next = rows->next;
    stretch->end = rows->next + MIN(rows->length, rows->end - rows->next);
    stretch->rows = g_array_new(FALSE, FALSE, sizeof(UcMapRow));
    rows->next = stretch->end;
    uc_crew_give(rows->crew, stretch);
}

/* The rest of the current stretch, if it had more rows than are kept, or the next one. */
static bool take_stretch(UcRows *rows)
{
    rows->taken = 0;
    if (rows->current != NULL && rows->current->next < rows->current->end) {
        g_array_set_size(rows->current->rows, 0);
        find_rows(rows->current, (gpointer)rows->listing);
        return true;
    }
    g_clear_pointer(&rows->current, stretch_free);
    while (rows->next < rows->end && !uc_crew_is_busy(rows->crew))
        give_stretch(rows);
    rows->current = uc_crew_take(rows->crew);
    if (rows->current == NULL)
        return false;
    if (rows->current->rows->len < FEW_ROWS)
        rows->length = MIN(rows->length, rows->end) * 2;
    else
        rows->length = MAX(rows->length / 2, SHORTEST);
    return true;
}

/* ---- all of them ---- */

UcRows *uc_rows_new(const UcListing *listing, uint64_t start, uint64_t length)
{
    UcRows *rows = g_new0(UcRows, 1);
    rows->listing = listing;
    rows->next = start;
    rows->end = start + length;
    rows->length = SHORTEST;
    rows->crew = uc_crew_new(find_rows, (gpointer)listing, stretch_free);
    return rows;
}

void uc_rows_free(UcRows *rows)
{
    uc_crew_free(rows->crew);
    g_clear_pointer(&rows->current, stretch_free);
    g_free(rows);
}

static const UcMapRow *next_part(UcRows *rows)
{
    while (rows->current == NULL || rows->taken == rows->current->rows->len)
        if (!take_stretch(rows))
            return NULL;
    return &g_array_index(rows->current->rows, UcMapRow, rows->taken++);
}

bool uc_rows_next(UcRows *rows, UcMapRow *row)
{
    for (const UcMapRow *part; (part = next_part(rows)) != NULL;) {
        if (join(&rows->pending, part))
            continue;
        *row = rows->pending;
        rows->pending = *part;
        if (row->status.length > 0)
            return true;
    }
    *row = rows->pending;
    rows->pending.status.length = 0;
    return row->status.length > 0;
}
