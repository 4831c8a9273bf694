/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/difference.h"

#include "core/extent.h"
#include "fuse/border.h"
#include "fuse/buffer.h"
#include "fuse/crew.h"
#include "fuse/progress.h"

#include <string.h>

#define MOST_BYTES (1u << 20) /* of a stretch that is read at once */
#define UNIT 65536u           /* stretches end at its multiples, so that none is tiny */

typedef struct Search {
    const UcNode *const *nodes; /* two */
    uint64_t next;
    uint64_t end;  /* of the longer one */
    uint64_t read; /* bytes, of each */
} Search;

typedef struct Stretch {
    uint64_t offset;
    size_t length;
    UcDifference difference;
    GError *error;
} Stretch;

static void stretch_free(gpointer data)
{
    Stretch *stretch = data;
    g_clear_error(&stretch->error);
    g_free(stretch);
}

/* ---- on the threads ---- */

/* Where two runs of bytes that are not equal first differ. */
static size_t first_different(const uint8_t *one, const uint8_t *other, size_t length)
{
    const size_t step = 4096;
    size_t at = 0;
    while (length - at > step && memcmp(one + at, other + at, step) == 0)
        at += step;
    while (one[at] == other[at])
        at++;
    return at;
}

static bool read_padded(const UcNode *node, const Stretch *stretch, uint8_t *buffer, GError **error)
{
    uint64_t there = node->size - MIN(node->size, stretch->offset);
    size_t n = MIN(there, stretch->length);
    memset(buffer + n, 0, stretch->length - n);
    return n == 0 || uc_node_read(node, stretch->offset, buffer, n, error);
}

static void work(gpointer job, gpointer data)
{
    Stretch *stretch = job;
    const Search *search = data;
    uint8_t *one = (uint8_t *)uc_buffer_of_thread(2 * stretch->length);
    if (one == NULL) {
        uc_error_set(&stretch->error, UC_ERROR_MEMORY, "not enough memory");
        return;
    }
    uint8_t *other = one + stretch->length;
    if (!read_padded(search->nodes[0], stretch, one, &stretch->error) ||
        !read_padded(search->nodes[1], stretch, other, &stretch->error) ||
        memcmp(one, other, stretch->length) == 0)
        return;
    size_t at = first_different(one, other, stretch->length);
    stretch->difference = (UcDifference){
        .found = true, .offset = stretch->offset + at, .bytes = {one[at], other[at]}};
}

/* ---- what need not be read ---- */

/* What is behind the end of the shorter node is a path of zeroes as well. */
static UcPath ask(const UcNode *node, uint64_t offset, uint64_t end, UcReach reach)
{
    if (offset >= node->size)
        return (UcPath){.from = node,
                        .start = offset,
                        .length = end - offset,
                        .reach = reach,
                        .end = UC_END_ZERO};
    return uc_extent_find(node, offset, MIN(node->size, end) - offset, reach);
}

/* Whether nothing stands between a reader and the place on the host. */
static bool is_read_from_there(const UcPath *path)
{
    UcPath read = ask(path->from, path->start, path->start + path->length, UC_REACH_READ);
    return read.end == UC_END_DATA && read.node == path->node && read.offset == path->offset &&
           read.length >= path->length;
}

static bool is_one_place(const UcPath *one, const UcPath *other)
{
    if (uc_path_is_zero(one) || uc_path_is_zero(other) || !uc_path_is_on_host(one) ||
        !uc_path_is_on_host(other) || one->offset != other->offset)
        return false;
    const struct stat *a = &one->node->file->stat, *b = &other->node->file->stat;
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && is_read_from_there(one) &&
           is_read_from_there(other);
}

/* Whether status alone says that both have the same for *length bytes from `offset` on; else
 * it says nothing about these. */
static bool is_decided(const Search *search, uint64_t offset, uint64_t *length)
{
    UcPath one = ask(search->nodes[0], offset, search->end, UC_REACH_STATUS);
    UcPath other = ask(search->nodes[1], offset, search->end, UC_REACH_STATUS);
    *length = MIN(one.length, other.length);
    if (uc_path_is_zero(&one) && uc_path_is_zero(&other))
        return true;
    one.length = other.length = *length;
    return is_one_place(&one, &other);
}

/* The next stretch that must be read, or NULL at the end. */
static Stretch *next_stretch(Search *search)
{
    uint64_t length;
    while (search->next < search->end && is_decided(search, search->next, &length))
        search->next += length;
    if (search->next == search->end)
        return NULL;
    uint64_t start = search->next, at = start;
    uint64_t limit = start + MIN(MOST_BYTES, search->end - start);
    while (at < limit && !is_decided(search, at, &length))
        at = MIN(uc_border_from(at + length, UNIT), limit);
    search->next = at;
    Stretch *stretch = g_new0(Stretch, 1);
    stretch->offset = start;
    stretch->length = at - start;
    search->read += stretch->length;
    return stretch;
}

/* ---- the search ---- */

static void give_stretches(Search *search, UcCrew *crew)
{
    Stretch *stretch;
    while (!uc_crew_is_busy(crew) && (stretch = next_stretch(search)) != NULL)
        uc_crew_give(crew, stretch);
}

static bool take_result(Stretch *stretch, UcDifference *difference, GError **error)
{
    bool done = stretch->error == NULL;
    *difference = stretch->difference;
    if (!done)
        g_propagate_error(error, g_steal_pointer(&stretch->error));
    stretch_free(stretch);
    return done;
}

bool uc_difference_find(const UcNode *const nodes[2], UcDifference *difference, GError **error)
{
    Search search = {.nodes = nodes, .end = MAX(nodes[0]->size, nodes[1]->size)};
    g_autoptr(UcCrew) crew = uc_crew_new(work, &search, stretch_free);
    UcProgress progress;
    bool done = true;
    *difference = (UcDifference){0};
    uc_progress_begin(&progress, search.end);
    while (done && !difference->found) {
        give_stretches(&search, crew);
        Stretch *stretch = uc_crew_take(crew);
        if (stretch == NULL)
            break;
        uc_progress_set(&progress, stretch->offset, search.read);
        done = take_result(stretch, difference, error);
    }
    uc_progress_end(&progress);
    return done;
}
