/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/blocks.h"

#include "core/seek.h"
#include "core/status.h"

#define UNIT 512
#define PATIENCE (1u << 24) /* pieces of an image: some seconds */
#define FEWEST 8 /* one page: anything less looks like an inline or an empty file to somebody */

struct UcCounter {
    GPtrArray *list; /* of UcBlocks, which are borrowed */
    GThread *thread;
    GMutex lock;
    GCond ended_changed;
    bool ended; /* under lock */
    atomic_bool stop;
};

static uint64_t make_guess(uint64_t size, uint64_t host_blocks)
{
    uint64_t most = size / UNIT;
    uint64_t guess = MAX(host_blocks, FEWEST);
    return most > 0 ? MAX(MIN(guess, most - 1), 1) : 1;
}

void uc_blocks_init(UcBlocks *blocks, const UcNode *node, uint64_t host_blocks)
{
    blocks->node = node;
    blocks->guess = make_guess(node->size, host_blocks);
    atomic_init(&blocks->count, 0);
    atomic_init(&blocks->known, false);
}

bool uc_blocks_get(const UcBlocks *blocks, uint64_t *count)
{
    bool known = atomic_load(&blocks->known);
    *count = known ? atomic_load(&blocks->count) : blocks->guess;
    return known;
}

/* What a sparse copy finds, in one pass. The guess stays if it is asked to stop, if there are more
 * pieces than anybody has patience for, or if an error keeps something from being known: calling
 * that data for as long as it is mounted could make a disk look full. */
static void count(UcBlocks *blocks, const atomic_bool *stop)
{
    const UcStatusQuery query = {.granularity = UC_SEEK_GRANULARITY, .patience = PATIENCE};
    UcStatuses statuses;
    UcStatus status;
    uint64_t bytes = 0, end = 0;
    bool unsure = false;
    uc_statuses_init(&statuses, blocks->node, 0, blocks->node->size, &query);
    while (uc_statuses_next(&statuses, &status) && !atomic_load(stop)) {
        bytes += status.zero ? 0 : status.length;
        end = status.start + status.length;
        unsure = unsure || status.unsure;
    }
    if (end < blocks->node->size || unsure)
        return;
    atomic_store(&blocks->count, bytes / UNIT + (bytes % UNIT != 0));
    atomic_store(&blocks->known, true);
}

static gpointer run(gpointer data)
{
    UcCounter *counter = data;
    for (guint i = 0; i < counter->list->len && !atomic_load(&counter->stop); i++)
        count(g_ptr_array_index(counter->list, i), &counter->stop);
    g_mutex_lock(&counter->lock);
    counter->ended = true;
    g_cond_signal(&counter->ended_changed);
    g_mutex_unlock(&counter->lock);
    return NULL;
}

static bool wait_for_end(UcCounter *counter, gint64 patience)
{
    gint64 deadline = g_get_monotonic_time() + patience;
    g_mutex_lock(&counter->lock);
    while (!counter->ended && g_cond_wait_until(&counter->ended_changed, &counter->lock, deadline))
        ;
    bool ended = counter->ended;
    g_mutex_unlock(&counter->lock);
    return ended;
}

static void join(UcCounter *counter)
{
    if (counter->thread != NULL)
        g_thread_join(g_steal_pointer(&counter->thread));
}

UcCounter *uc_counter_start(GPtrArray *list, gint64 patience)
{
    UcCounter *counter = g_new0(UcCounter, 1);
    counter->list = g_ptr_array_ref(list);
    g_mutex_init(&counter->lock);
    g_cond_init(&counter->ended_changed);
    atomic_init(&counter->stop, false);
    counter->thread = g_thread_try_new("count", run, counter, NULL);
    if (counter->thread == NULL)
        counter->ended = true; /* the guesses stay */
    if (wait_for_end(counter, patience))
        join(counter);
    return counter;
}

bool uc_counter_stop(UcCounter *counter)
{
    atomic_store(&counter->stop, true);
    if (!wait_for_end(counter, G_USEC_PER_SEC / 10))
        return false;
    join(counter);
    g_mutex_clear(&counter->lock);
    g_cond_clear(&counter->ended_changed);
    g_ptr_array_unref(counter->list);
    g_free(counter);
    return true;
}
