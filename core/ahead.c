/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/ahead.h"

#include "core/plan.h"

#define SHORTEST (256u << 10) /* bytes of a share */
#define LONGEST (1u << 20)
#define TOLERANCE LONGEST /* how far a reader may skip, or requests overtake each other */
#define CONVINCING 2      /* times that a reader went on */

struct UcAhead {
    GMutex lock;       /* guards everything */
    uint64_t expected; /* where the reader will go on */
    gint times;        /* that it did; also read without the lock */
    uint64_t end;      /* up to here there is a share, or nothing to produce */
    gint held;         /* how many shares; also read without the lock */
    UcShare *shares[2];
};

UcAhead *uc_ahead_new(void)
{
    UcAhead *ahead = g_new0(UcAhead, 1);

    g_mutex_init(&ahead->lock);
    return ahead;
}

static void forget(UcAhead *ahead)
{
    g_clear_pointer(&ahead->shares[0], uc_share_unref);
    g_clear_pointer(&ahead->shares[1], uc_share_unref);
    g_atomic_int_set(&ahead->held, 0);
    g_atomic_int_set(&ahead->times, 0);
    ahead->end = 0;
}

void uc_ahead_free(UcAhead *ahead)
{
    if (!ahead)
        return;
    forget(ahead);
    g_mutex_clear(&ahead->lock);
    g_free(ahead);
}

/* Whether a reader goes on with this. */
static bool goes_on(UcAhead *ahead, uint64_t offset, uint64_t end)
{
    if (offset > ahead->expected + TOLERANCE || end + TOLERANCE < ahead->expected)
        forget(ahead);
    else if (offset >= ahead->expected)
        g_atomic_int_inc(&ahead->times);
    else
        return false; /* it was overtaken by the one that follows */
    ahead->expected = end;
    return g_atomic_int_get(&ahead->times) >= CONVINCING;
}

/* The first run in the range that the node itself must produce. */
static bool find_run(const UcNode *node, uint64_t start, uint64_t length, UcSegment *run)
{
    UcPlan plan;

    uc_plan_init(&plan, node, start, length);
    while (uc_plan_next(&plan, run))
        if (run->kind == UC_SEGMENT_PRODUCE && run->node == node)
            return true;
    return false;
}

/* The share of the next bytes that are not ahead yet. */
static UcShare *next_share(UcAhead *ahead, const UcNode *node, uint64_t end, uint64_t length)
{
    uint64_t start = MAX(end, ahead->end);
    UcSegment run;

    if (start >= node->size)
        return NULL;
    length = MIN(length, node->size - start);
    ahead->end = start + length;
    if (!find_run(node, start, length, &run))
        return NULL;
    ahead->end = run.offset + run.length;
    return uc_share_new(node, run.offset, run.length, NULL);
}

/* The lock is held. */
static void hold(UcAhead *ahead, UcShare *share)
{
    g_clear_pointer(&ahead->shares[0], uc_share_unref);
    ahead->shares[0] = ahead->shares[1];
    ahead->shares[1] = uc_share_ref(share);
    g_atomic_int_set(&ahead->held, ahead->shares[0] ? 2 : 1);
}

UcShare *uc_ahead_note(UcAhead *ahead, const UcNode *node, uint64_t offset, uint64_t length,
                       bool alone)
{
    uint64_t end = offset + length, window = CLAMP(length, SHORTEST, LONGEST);
    UcShare *share = NULL;

    if (!alone) { /* many readers do not wait for each other here */
        g_atomic_int_set(&ahead->times, 0);
        return NULL;
    }
    g_mutex_lock(&ahead->lock);
    if (goes_on(ahead, offset, end) && ahead->end < end + window)
        share = next_share(ahead, node, end, window);
    if (share)
        hold(ahead, share);
    g_mutex_unlock(&ahead->lock);
    return share;
}

UcShare *uc_ahead_find(UcAhead *ahead, uint64_t offset)
{
    UcShare *found = NULL;

    if (g_atomic_int_get(&ahead->held) == 0)
        return NULL;
    g_mutex_lock(&ahead->lock);
    for (size_t i = 0; i < G_N_ELEMENTS(ahead->shares) && !found; i++)
        if (ahead->shares[i] && uc_share_has(ahead->shares[i], offset))
            found = uc_share_ref(ahead->shares[i]);
    g_mutex_unlock(&ahead->lock);
    return found;
}
