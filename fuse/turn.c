/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/turn.h"

#include <stdbool.h>

/* Of so many images at once each can have as many turns as if it were alone. */
#define AT_ONCE 8

typedef struct Line {
    guint taken;    /* turns that the image has, the first of which is its own */
    GQueue waiting; /* of job copies; empty if no turn is taken */
} Line;

struct UcTurns {
    GMutex lock; /* guards what changes below: left, and the lines */
    guint most;  /* turns of an image */
    guint left;  /* turns for all of them */
    guint limit;
    guint images;
    Line lines[];
};

UcTurns *uc_turns_new(guint images, guint most)
{
    UcTurns *turns = g_malloc0(sizeof(UcTurns) + images * sizeof(Line));
    g_mutex_init(&turns->lock);
    turns->images = images;
    turns->most = MAX(most, 1);
    turns->left = (turns->most - 1) * MIN(images, AT_ONCE);
    turns->limit = turns->left + images;
    for (guint i = 0; i < images; i++)
        g_queue_init(&turns->lines[i].waiting);
    return turns;
}

void uc_turns_free(UcTurns *turns)
{
    for (guint i = 0; i < turns->images; i++)
        g_assert(turns->lines[i].waiting.length == 0);
    g_mutex_clear(&turns->lock);
    g_free(turns);
}

guint uc_turns_limit(const UcTurns *turns)
{
    return turns->limit;
}

/* ---- the lock is held in these ---- */

static bool take(UcTurns *turns, Line *line)
{
    bool is_own = line->taken == 0;
    if (line->taken == turns->most || (!is_own && turns->left == 0))
        return false;
    turns->left -= !is_own;
    line->taken++;
    return true;
}

static void give_back(UcTurns *turns, Line *line)
{
    line->taken--;
    turns->left += line->taken > 0;
}

/* The job to begin with: this one, unless others have waited longer; NULL: it has to wait. The
 * caller frees what is not `job`. */
static gpointer enter(UcTurns *turns, Line *line, gpointer job, gsize size)
{
    bool is_turn = take(turns, line);
    if (is_turn && line->waiting.length == 0)
        return job;
    g_queue_push_tail(&line->waiting, g_memdup2(job, size));
    return is_turn ? g_queue_pop_head(&line->waiting) : NULL;
}

/* The next job of a turn, or NULL: it is given back. */
static gpointer go_on(UcTurns *turns, Line *line)
{
    if (line->waiting.length == 0)
        give_back(turns, line);
    return g_queue_pop_head(&line->waiting);
}

/* ---- */

void uc_turns_do(UcTurns *turns, guint image, UcWork work, gpointer job, gsize size)
{
    Line *line = &turns->lines[image];
    g_mutex_lock(&turns->lock);
    gpointer next = enter(turns, line, job, size);
    while (next != NULL) {
        g_mutex_unlock(&turns->lock);
        work(next);
        if (next != job)
            g_free(next);
        g_mutex_lock(&turns->lock);
        next = go_on(turns, line);
    }
    g_mutex_unlock(&turns->lock);
}
