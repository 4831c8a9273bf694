/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/turn.h"

#include <CUnit/Basic.h>
#include <stdbool.h>

/*
 * Jobs that hang until they are let go, given by as many threads as would receive them. Who gives
 * one that has no turn is free again at once.
 */
#define MOST 3

typedef struct Job {
    guint image;
    guint number;
    bool hangs;
} Job;

static UcTurns *turns;
static GMutex lock; /* guards what follows */
static GCond changed;
static bool let_go;
static guint begun, at_work, most_at_work, given;
static GArray *order; /* of the numbers of image 0 that were done */

static void work(gpointer data)
{
    const Job *job = data;
    g_mutex_lock(&lock);
    begun++;
    at_work++;
    most_at_work = MAX(most_at_work, at_work);
    g_cond_broadcast(&changed);
    while (job->hangs && !let_go)
        g_cond_wait(&changed, &lock);
    at_work--;
    if (job->image == 0)
        g_array_append_val(order, job->number);
    g_mutex_unlock(&lock);
}

static gpointer give(gpointer data)
{
    Job *job = data;
    uc_turns_do(turns, job->image, work, job, sizeof *job);
    g_mutex_lock(&lock);
    given++;
    g_cond_broadcast(&changed);
    g_mutex_unlock(&lock);
    g_free(job);
    return NULL;
}

static GThread *start(guint image, guint number, bool hangs)
{
    const Job job = {image, number, hangs};
    return g_thread_new("giver", give, g_memdup2(&job, sizeof job));
}

/* Waits until so many have begun, and so many givers are free. */
static void wait_until(guint jobs, guint givers)
{
    const gint64 deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    g_mutex_lock(&lock);
    while ((begun < jobs || given < givers) && g_cond_wait_until(&changed, &lock, deadline))
        ;
    CU_ASSERT_EQUAL(begun, jobs);
    CU_ASSERT_EQUAL(given, givers);
    g_mutex_unlock(&lock);
}

static void release(void)
{
    g_mutex_lock(&lock);
    let_go = true;
    g_cond_broadcast(&changed);
    g_mutex_unlock(&lock);
}

static void begin(guint images, guint most)
{
    turns = uc_turns_new(images, most);
    let_go = false;
    begun = at_work = most_at_work = given = 0;
    order = g_array_new(FALSE, FALSE, sizeof(guint));
}

static void end(GPtrArray *threads)
{
    for (guint i = 0; i < threads->len; i++)
        g_thread_join(g_ptr_array_index(threads, i));
    g_ptr_array_unref(threads);
    g_array_unref(order);
    uc_turns_free(turns);
}

static void test_one_image(void)
{
    GPtrArray *threads = g_ptr_array_new();
    begin(1, MOST);
    CU_ASSERT_EQUAL(uc_turns_limit(turns), MOST);
    for (guint i = 0; i < MOST; i++)
        g_ptr_array_add(threads, start(0, i, true));
    wait_until(MOST, 0);
    for (guint i = MOST; i < 20; i++) {
        g_ptr_array_add(threads, start(0, i, false));
        wait_until(MOST, i - MOST + 1); /* the giver is free, the job is not begun */
    }
    release();
    wait_until(20, 20);
    CU_ASSERT_EQUAL(most_at_work, MOST);
    end(threads);
}

static void test_first_come_first_served(void)
{
    GPtrArray *threads = g_ptr_array_new();
    begin(1, 1);
    for (guint i = 0; i < 10; i++) {
        g_ptr_array_add(threads, start(0, i, true));
        wait_until(1, i);
    }
    release();
    wait_until(10, 10);
    for (guint i = 0; i < 10; i++)
        CU_ASSERT_EQUAL(g_array_index(order, guint, i), i);
    end(threads);
}

/* However many images hang, and however much is asked of them, another one goes on. */
static void test_others_go_on(void)
{
    const guint images = 30, jobs = 5;
    GPtrArray *threads = g_ptr_array_new();
    begin(images, MOST);
    const guint limit = uc_turns_limit(turns);
    CU_ASSERT_EQUAL(limit, images + 8 * (MOST - 1));
    for (guint image = 1; image < images; image++)
        for (guint i = 0; i < jobs; i++)
            g_ptr_array_add(threads, start(image, i, true));
    wait_until(limit - 1, (images - 1) * jobs - (limit - 1)); /* all turns but the own one of 0 */
    for (guint i = 0; i < 10; i++) {
        g_ptr_array_add(threads, start(0, i, false));
        wait_until(limit + i, (images - 1) * jobs - (limit - 1) + i + 1);
    }
    release();
    wait_until((images - 1) * jobs + 10, (images - 1) * jobs + 10);
    CU_ASSERT_EQUAL(most_at_work, limit);
    end(threads);
}

/* Each image can have its own number. */
static void test_limit_of_few_images(void)
{
    begin(2, 100);
    CU_ASSERT_EQUAL(uc_turns_limit(turns), 200);
    end(g_ptr_array_new());
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("turns", NULL, NULL);
    CU_add_test(suite, "one image", test_one_image);
    CU_add_test(suite, "first come, first served", test_first_come_first_served);
    CU_add_test(suite, "others go on", test_others_go_on);
    CU_add_test(suite, "limit of few images", test_limit_of_few_images);
    CU_basic_run_tests();
    const unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures != 0;
}
