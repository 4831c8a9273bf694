/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/crew.h"

#define MOST_THREADS 16 /* more would wait for the disk together */

typedef struct Task {
    gpointer job;
    bool to_do; /* not done when it was given */
    bool done;  /* under the crew's lock */
} Task;

struct UcCrew {
    GFunc work;
    gpointer data;
    GDestroyNotify free_job;
    GThreadPool *pool; /* of Task; it may have got no thread: then the giver works itself */
    guint limit;       /* of jobs to be done at a time */
    GQueue tasks;      /* of Task, in the order given; the giver's own */
    guint to_do;       /* how many of them were not done when they were given */
    GMutex lock;       /* guards what follows */
    const Task *awaited;
    GCond done; /* the awaited task is done */
};

static void do_task(gpointer item, gpointer data)
{
    UcCrew *crew = data;
    Task *task = item;
    crew->work(task->job, crew->data);
    g_mutex_lock(&crew->lock);
    task->done = true;
    if (crew->awaited == task)
        g_cond_signal(&crew->done);
    g_mutex_unlock(&crew->lock);
}

UcCrew *uc_crew_new(GFunc work, gpointer data, GDestroyNotify free_job)
{
    UcCrew *crew = g_new0(UcCrew, 1);
    guint threads = MIN(g_get_num_processors(), MOST_THREADS);
    crew->work = work;
    crew->data = data;
    crew->free_job = free_job;
    crew->limit = 2 * threads;
    g_mutex_init(&crew->lock);
    g_cond_init(&crew->done);
    crew->pool = g_thread_pool_new(do_task, crew, (gint)threads, TRUE, NULL);
    return crew;
}

void uc_crew_free(UcCrew *crew)
{
    g_thread_pool_free(crew->pool, TRUE, TRUE);
    for (Task *task; (task = g_queue_pop_head(&crew->tasks)) != NULL; g_free(task))
        crew->free_job(task->job);
    g_mutex_clear(&crew->lock);
    g_cond_clear(&crew->done);
    g_free(crew);
}

bool uc_crew_is_busy(const UcCrew *crew)
{
    return crew->to_do >= crew->limit;
}

static Task *add_task(UcCrew *crew, gpointer job, bool to_do)
{
    Task *task = g_new0(Task, 1);
    *task = (Task){job, to_do, !to_do};
    g_queue_push_tail(&crew->tasks, task);
    crew->to_do += to_do;
    return task;
}

void uc_crew_give_done(UcCrew *crew, gpointer job)
{
    add_task(crew, job, false);
}

void uc_crew_give(UcCrew *crew, gpointer job)
{
    Task *task = add_task(crew, job, true);
    if (g_thread_pool_get_num_threads(crew->pool) > 0)
        g_thread_pool_push(crew->pool, task, NULL);
    else
        do_task(task, crew);
}

gpointer uc_crew_take(UcCrew *crew)
{
    g_autofree Task *task = g_queue_pop_head(&crew->tasks);
    if (task == NULL)
        return NULL;
    g_mutex_lock(&crew->lock);
    crew->awaited = task;
    while (!task->done)
        g_cond_wait(&crew->done, &crew->lock);
    crew->awaited = NULL;
    g_mutex_unlock(&crew->lock);
    crew->to_do -= task->to_do;
    return task->job;
}
