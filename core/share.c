/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/share.h"

#define SMALLEST_PIECE (64u << 10) /* bytes; handing out less costs more than it gains */

typedef enum { LEFT, TAKEN, PRODUCED, FAILED } State;

struct UcShare {
    gint references; /* atomic */
    const UcNode *node;
    uint64_t offset, length;
    char *buffer;
    char *owned;   /* the same, or NULL */
    guint count;   /* of pieces */
    GMutex lock;   /* guards what follows */
    GCond done;    /* a piece that was taken is produced or has failed */
    guint next;    /* the first piece that is left */
    guint waiting; /* threads */
    guint failed;
    GError *error; /* of the first piece that failed, whose number is `failed`, or NULL */
    uint8_t states[];
};

/* Pieces begin and end at multiples of their size, but for the first and the last. */
static uint64_t piece_size(const UcNode *node)
{
    return MAX(node->grain, SMALLEST_PIECE);
}

static guint piece_at(const UcShare *share, uint64_t offset)
{
    return offset / piece_size(share->node) - share->offset / piece_size(share->node);
}

guint uc_share_count(const UcNode *node, uint64_t offset, uint64_t length)
{
    return (offset + length - 1) / piece_size(node) - offset / piece_size(node) + 1;
}

UcShare *uc_share_new(const UcNode *node, uint64_t offset, uint64_t length, void *buffer)
{
    guint count = uc_share_count(node, offset, length);
    char *owned = buffer ? NULL : g_try_malloc(length);
    UcShare *share;

    if (!buffer && !owned)
        return NULL;
    share = g_malloc0(sizeof(UcShare) + count);
    share->references = 1;
    share->node = node;
    share->offset = offset;
    share->length = length;
    share->buffer = buffer ? buffer : owned;
    share->owned = owned;
    share->count = count;
    g_mutex_init(&share->lock);
    g_cond_init(&share->done);
    return share;
}

UcShare *uc_share_ref(UcShare *share)
{
    g_atomic_int_inc(&share->references);
    return share;
}

void uc_share_unref(UcShare *share)
{
    if (!g_atomic_int_dec_and_test(&share->references))
        return;
    g_clear_error(&share->error);
    g_mutex_clear(&share->lock);
    g_cond_clear(&share->done);
    g_free(share->owned);
    g_free(share);
}

uint64_t uc_share_end(const UcShare *share)
{
    return share->offset + share->length;
}

bool uc_share_has(const UcShare *share, uint64_t offset)
{
    return offset >= share->offset && offset < uc_share_end(share);
}

static bool produce(const UcShare *share, guint piece, GError **error)
{
    uint64_t size = piece_size(share->node);
    uint64_t first = share->offset / size + piece;
    uint64_t start = MAX(first * size, share->offset);
    uint64_t end = MIN((first + 1) * size, uc_share_end(share));

    return uc_node_produce(share->node, start, share->buffer + (start - share->offset), end - start,
                           error);
}

/* The lock is held. */
static void settle(UcShare *share, guint piece, GError *error)
{
    share->states[piece] = error ? FAILED : PRODUCED;
    if (error && (!share->error || piece < share->failed)) {
        g_clear_error(&share->error);
        share->error = g_steal_pointer(&error);
        share->failed = piece;
    }
    g_clear_error(&error);
    if (share->waiting > 0)
        g_cond_broadcast(&share->done);
}

/* Produces pieces until none before `limit` is left. The lock is held, but not meanwhile. */
static void work(UcShare *share, guint limit)
{
    while (share->next < limit) {
        guint piece = share->next++;
        GError *error = NULL;

        share->states[piece] = TAKEN;
        g_mutex_unlock(&share->lock);
        produce(share, piece, &error);
        g_mutex_lock(&share->lock);
        settle(share, piece, error);
    }
}

/* Until something has changed. Work is better than sleep: waking up takes as long as half a piece.
 */
static void pass_time(UcShare *share)
{
    if (share->next < share->count) {
        work(share, share->next + 1);
        return;
    }
    share->waiting++;
    g_cond_wait(&share->done, &share->lock);
    share->waiting--;
}

/* Whether the pieces from `first` to `limit` are produced, now that nobody is at them any more. */
static bool wait_for(UcShare *share, guint first, guint limit)
{
    bool produced = true;

    for (guint piece = first; piece < limit; piece++) {
        while (share->states[piece] == TAKEN)
            pass_time(share);
        produced = produced && share->states[piece] == PRODUCED;
    }
    return produced;
}

void uc_share_work(UcShare *share)
{
    g_mutex_lock(&share->lock);
    work(share, share->count);
    g_mutex_unlock(&share->lock);
}

static bool work_and_wait(UcShare *share, guint first, guint limit)
{
    bool produced;

    g_mutex_lock(&share->lock);
    work(share, limit);
    produced = wait_for(share, first, limit);
    g_mutex_unlock(&share->lock);
    return produced;
}

const char *uc_share_get(UcShare *share, uint64_t offset, uint64_t length)
{
    guint first = piece_at(share, offset), limit = piece_at(share, offset + length - 1) + 1;

    return work_and_wait(share, first, limit) ? share->buffer + (offset - share->offset) : NULL;
}

bool uc_share_finish(UcShare *share, GError **error)
{
    if (work_and_wait(share, 0, share->count))
        return true;
    g_propagate_error(error, g_steal_pointer(&share->error));
    return false;
}
