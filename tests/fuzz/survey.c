/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/survey.h"

#include "core/graph.h"
#include "core/seek.h"
#include "core/status.h"
#include "tests/fuzz/memory.h"
#include "tests/fuzz/promise.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STATUSES 120       /* that are looked at one behind the other */
#define READ (16u << 10)   /* bytes that are read of one */
#define BUDGET (96u << 10) /* bytes that are read in all of them */
#define NAIVE (6u << 10)   /* bytes that are read step by step */

typedef struct Survey {
    const UcNode *node;
    uint64_t salt;
    uint64_t budget;
} Survey;

/* ---- bytes ---- */

/* Exactly so many, so that AddressSanitizer sees one too many; and not zeroes by chance. */
static uint8_t *buffer_new(size_t length)
{
    uint8_t *buffer = g_malloc(length);
    memset(buffer, 0xA5, length);
    return buffer;
}

static bool read_bytes(const UcNode *node, uint64_t offset, uint8_t *buffer, size_t length)
{
    g_autoptr(GError) error = NULL;
    const bool ok = uc_node_read(node, offset, buffer, length, &error);
    promise_outcome(ok, error);
    return ok;
}

static bool is_zero(const uint8_t *bytes, size_t length)
{
    return length == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0);
}

static void check_in_file(const UcStatus *status, uint64_t skip, const uint8_t *bytes,
                          size_t length)
{
    const MemoryFile *file = memory_find(status->file->name);
    g_autofree uint8_t *stored = buffer_new(length);
    promise(status->offset + skip + length <= file->size);
    memory_read(file, status->offset + skip, stored, length);
    promise(memcmp(bytes, stored, length) == 0);
}

/* `length` bytes of the status, from `skip` on. */
static void check_bytes(const UcNode *node, const UcStatus *status, uint64_t skip, size_t length)
{
    g_autofree uint8_t *bytes = buffer_new(length);
    const bool ok = read_bytes(node, status->start + skip, bytes, length);
    promise(ok || !(status->zero || status->file));
    promise(!status->zero || is_zero(bytes, length));
    if (status->file)
        check_in_file(status, skip, bytes, length);
}

static void spend(Survey *survey, const UcStatus *status, uint64_t skip, uint64_t length)
{
    const size_t part = MIN(MIN(length, status->length - skip), survey->budget);
    survey->budget -= part;
    if (part > 0)
        check_bytes(survey->node, status, skip, part);
}

/* ---- statuses ---- */

static void check_status(Survey *survey, const UcStatus *status)
{
    promise(status->present || status->zero);
    promise(!status->compressed || !status->zero);
    promise(!status->file || (!status->zero && status->reserved));
    promise(!status->in_base);
    spend(survey, status, 0, READ);
    if (status->length > READ)
        spend(survey, status, status->length - 1 - survey->salt % 512 % status->length, 512);
}

/* The statuses from `offset` on, as many as one looks at. */
static GArray *list_statuses(const UcNode *node, uint64_t offset, uint64_t length,
                             uint64_t granularity)
{
    const UcStatusQuery query = {.granularity = granularity, .storage = true};
    GArray *list = g_array_new(FALSE, FALSE, sizeof(UcStatus));
    UcStatuses statuses;
    UcStatus status;
    uint64_t next = offset;
    uc_statuses_init(&statuses, node, offset, length, &query);
    while (list->len < STATUSES && uc_statuses_next(&statuses, &status)) {
        promise(status.start == next && status.length > 0);
        promise(status.length <= offset + length - next);
        next += status.length;
        g_array_append_val(list, status);
    }
    promise(list->len == STATUSES || next == offset + length);
    return list;
}

static bool says_the_same(const UcStatus *one, const UcStatus *other)
{
    return one->zero == other->zero && one->present == other->present &&
           one->compressed == other->compressed && one->allocated == other->allocated &&
           one->reserved == other->reserved && one->depth == other->depth &&
           one->file == other->file;
}

static void print_status(const UcStatus *status)
{
    fprintf(stderr, "%" PRIu64 " +%" PRIu64 ":%s%s%s%s%s depth %u, %s@%" PRIu64 "\n", status->start,
            status->length, status->zero ? " zero" : "", status->present ? " present" : "",
            status->compressed ? " compressed" : "", status->allocated ? " allocated" : "",
            status->reserved ? " reserved" : "", status->depth,
            status->file ? status->file->name : "nowhere", status->offset);
}

static void promise_same(const UcStatus *one, const UcStatus *other)
{
    if (says_the_same(one, other))
        return;
    print_status(one);
    print_status(other);
    promise(!"they say the same");
}

/* Both lists are of the same range. */
static void check_equal(const GArray *one, const GArray *other)
{
    promise(one->len == other->len);
    for (guint i = 0; i < one->len; i++) {
        const UcStatus *a = &g_array_index(one, UcStatus, i);
        const UcStatus *b = &g_array_index(other, UcStatus, i);
        promise(a->start == b->start && a->length == b->length && a->offset == b->offset);
        promise_same(a, b);
    }
}

static void check_without_index(const Survey *survey, uint64_t offset, const GArray *with)
{
    UcGraph *graph = survey->node->graph;
    UcCache *index = g_steal_pointer(&graph->index);
    g_autoptr(GArray) without = list_statuses(survey->node, offset, survey->node->size - offset, 1);
    graph->index = index;
    check_equal(with, without);
}

/* A part of a status, asked for alone, is that status. */
static void check_part(const Survey *survey, const UcStatus *status)
{
    const uint64_t skip = survey->salt % status->length;
    const uint64_t length = 1 + survey->salt / 3 % (status->length - skip);
    g_autoptr(GArray) list = list_statuses(survey->node, status->start + skip, length, 1);
    for (guint i = 0; i < list->len; i++) {
        const UcStatus *part = &g_array_index(list, UcStatus, i);
        promise_same(part, status);
        promise(!part->file || part->offset == status->offset + (part->start - status->start));
    }
}

static void check_blocks(Survey *survey, uint64_t offset)
{
    const uint64_t end = survey->node->size;
    uint64_t data = end;
    if (!uc_seek_data(survey->node, offset, UC_SEEK_GRANULARITY, &data))
        data = end;
    promise(data >= offset && (data == offset || data == end || data % UC_SEEK_GRANULARITY == 0));
    const uint64_t hole = data < end ? uc_seek_hole(survey->node, data, UC_SEEK_GRANULARITY) : end;
    promise(hole > data || data == end);
    promise(hole == end || hole % UC_SEEK_GRANULARITY == 0);
    spend(survey, &(UcStatus){.start = offset, .length = data - offset, .zero = true}, 0, READ);
}

/* ---- a reader without paths and plans ---- */

static bool read_naively(const UcNode *node, uint64_t offset, uint8_t *buffer, size_t length);

static bool read_child(const UcNode *child, uint64_t offset, uint8_t *buffer, size_t length)
{
    const size_t held = child && offset < child->size ? MIN(length, child->size - offset) : 0;
    memset(buffer + held, 0, length - held);
    return held == 0 || read_naively(child, offset, buffer, held);
}

static bool read_step(const UcNode *node, uint64_t offset, const UcStep *step, uint8_t *buffer,
                      size_t length)
{
    const UcEdge *edge = step->kind == UC_STEP_CHILD ? &node->edges[step->place.edge] : NULL;
    if (edge && !node->driver->reads_stop && edge->port->arity != UC_ARITY_MANY)
        return read_child(edge->node, step->place.offset, buffer, length);
    if (step->kind == UC_STEP_ZERO) {
        memset(buffer, 0, length);
        return true;
    }
    return uc_node_produce(node, offset, buffer, length, NULL);
}

static bool read_naively(const UcNode *node, uint64_t offset, uint8_t *buffer, size_t length)
{
    bool ok = true;
    for (size_t done = 0; ok && done < length;) {
        const UcStep step = uc_node_map(node, offset + done, length - done);
        ok = read_step(node, offset + done, &step, buffer + done, step.length);
        done += step.length;
    }
    return ok;
}

static void check_reading(const UcNode *node, uint64_t offset)
{
    const size_t length = MIN(NAIVE, node->size - offset);
    g_autofree uint8_t *planned = buffer_new(length), *naive = buffer_new(length);
    const bool ok = read_bytes(node, offset, planned, length);
    promise(read_naively(node, offset, naive, length) == ok);
    promise(!ok || memcmp(planned, naive, length) == 0);
}

/* ---- one place after the other ---- */

static void check_path(const UcNode *node, uint64_t offset)
{
    const UcQuestion question = {.reach = UC_REACH_STORAGE};
    const UcPath path = uc_path_find(node, offset, node->size - offset, &question);
    g_autofree char *text = uc_path_to_string(&path);
    promise_text(text);
    promise(path.end != UC_END_INVALID);
}

static void look_from(Survey *survey, uint64_t offset)
{
    const UcNode *node = survey->node;
    g_autoptr(GArray) list = list_statuses(node, offset, node->size - offset, 1);
    for (guint i = 0; i < list->len; i++)
        check_status(survey, &g_array_index(list, UcStatus, i));
    check_without_index(survey, offset, list);
    check_part(survey, &g_array_index(list, UcStatus, survey->salt % list->len));
    check_blocks(survey, offset);
    check_reading(node, offset);
    check_path(node, offset);
}

void survey_node(const UcNode *node, uint64_t salt)
{
    Survey survey = {.node = node, .salt = salt, .budget = BUDGET};
    uint8_t byte;
    promise(node->size <= INT64_MAX);
    promise(!uc_node_read(node, node->size, &byte, 1, NULL));
    if (node->size == 0)
        return;
    look_from(&survey, 0);
    if (node->size > NAIVE) {
        look_from(&survey, node->size - 1 - salt % NAIVE);
        look_from(&survey, salt * 0x9e3779b97f4a7c15u % node->size);
    }
}
