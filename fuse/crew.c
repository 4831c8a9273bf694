/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/crew.h"

#define MOST_THREADS 16 /* more would wait for the disk together */

typedef struct Task {
    gpointer job;
    bool done; /* under the crew's lock */
} Task;

struct UcCrew {
    GFunc work;
    gpointer data;
    GDestroyNotify free_job;
    GPtrArray *threads; /* of GThread; may be empty: then the giver works itself */
    guint limit;        /* of tasks at a time */
    GQueue tasks;       /* of Task, in the order given; the giver's own */
    GMutex lock;        /* guards what follows */
    GQueue waiting;     /* of Task: those that nobody has begun */
    bool ending;
    GCond given; /* something is waiting, or the end has come */
    GCond done;  /* some task is done */
};

/* The next task, or NULL at the end. The lock is held. */
static Task *wait_for_task(UcCrew *crew)
{
    while (crew->waiting.length == 0 && !crew->ending)
        g_cond_wait(&crew->given, &crew->lock);
    return crew->ending ? NULL : g_queue_pop_head(&crew->waiting);
}

static gpointer run(gpointer data)
{
    UcCrew *crew = data;
    g_mutex_lock(&crew->lock);
    for (Task *task; (task = wait_for_task(crew)) != NULL;) {
        g_mutex_unlock(&crew->lock);
        crew->work(task->job, crew->data);
        g_mutex_lock(&crew->lock);
        task->done = true;
        g_cond_signal(&crew->done);
    }
    g_mutex_unlock(&crew->lock);
    return NULL;
}

static void start_threads(UcCrew *crew, guint count)
{
    crew->threads = g_ptr_array_new();
    while (crew->threads->len < count) {
        GThread *thread = g_thread_try_new("crew", run, crew, NULL);
        if (thread == NULL)
            return;
        g_ptr_array_add(crew->threads, thread);
    }
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
    g_cond_init(&crew->given);
    g_cond_init(&crew->done);
    start_threads(crew, threads);
    return crew;
}

static void end_threads(UcCrew *crew)
{
    g_mutex_lock(&crew->lock);
    crew->ending = true;
    g_cond_broadcast(&crew->given);
    g_mutex_unlock(&crew->lock);
    for (guint i = 0; i < crew->threads->len; i++)
        g_thread_join(g_ptr_array_index(crew->threads, i));
    g_ptr_array_unref(crew->threads);
}

void uc_crew_free(UcCrew *crew)
{
    end_threads(crew);
    g_queue_clear(&crew->waiting);
    for (Task *task; (task = g_queue_pop_head(&crew->tasks)) != NULL; g_free(task))
        crew->free_job(task->job);
    g_mutex_clear(&crew->lock);
    g_cond_clear(&crew->given);
    g_cond_clear(&crew->done);
    g_free(crew);
}

bool uc_crew_is_busy(const UcCrew *crew)
{
    return crew->tasks.length >= crew->limit;
}

void uc_crew_give(UcCrew *crew, gpointer job)
{
    Task *task = g_new0(Task, 1);
    task->job = job;
    g_queue_push_tail(&crew->tasks, task);
    if (crew->threads->len == 0) {
        crew->work(job, crew->data);
        task->done = true;
        return;
    }
    g_mutex_lock(&crew->lock);
    g_queue_push_tail(&crew->waiting, task);
    g_cond_signal(&crew->given);
    g_mutex_unlock(&crew->lock);
}

gpointer uc_crew_take(UcCrew *crew)
{
    g_autofree Task *task = g_queue_pop_head(&crew->tasks);
    if (task == NULL)
        return NULL;
    g_mutex_lock(&crew->lock);
    while (!task->done)
        g_cond_wait(&crew->done, &crew->lock);
    g_mutex_unlock(&crew->lock);
    return task->job;
}
