/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For ThreadSanitizer only. GLib's locks and reference counts are futexes and atomics inside a
 * library that is not instrumented, so TSan does not see that they order anything. These
 * functions stand in front of GLib's and say so.
 */
#include <dlfcn.h>
#include <glib.h>
#include <pthread.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);
const char *__tsan_default_suppressions(void);

/* ISO C does not let a function come out of dlsym. */
#pragma GCC diagnostic ignored "-Wpedantic"
#define REAL(name) ((__typeof__(&name))find(#name))

static void *find(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

void g_mutex_lock(GMutex *mutex)
{
    REAL(g_mutex_lock)(mutex);
    __tsan_acquire(mutex);
}

gboolean g_mutex_trylock(GMutex *mutex)
{
    gboolean locked = REAL(g_mutex_trylock)(mutex);
    if (locked)
        __tsan_acquire(mutex);
    return locked;
}

void g_mutex_unlock(GMutex *mutex)
{
    __tsan_release(mutex);
    REAL(g_mutex_unlock)(mutex);
}

void g_cond_wait(GCond *cond, GMutex *mutex)
{
    __tsan_release(mutex);
    REAL(g_cond_wait)(cond, mutex);
    __tsan_acquire(mutex);
}

gboolean g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end)
{
    __tsan_release(mutex);
    gboolean signalled = REAL(g_cond_wait_until)(cond, mutex, end);
    __tsan_acquire(mutex);
    return signalled;
}

void g_rw_lock_reader_lock(GRWLock *lock)
{
    REAL(g_rw_lock_reader_lock)(lock);
    __tsan_acquire(lock);
}

void g_rw_lock_reader_unlock(GRWLock *lock)
{
    __tsan_release(lock);
    REAL(g_rw_lock_reader_unlock)(lock);
}

void g_rw_lock_writer_lock(GRWLock *lock)
{
    REAL(g_rw_lock_writer_lock)(lock);
    __tsan_acquire(lock);
}

void g_rw_lock_writer_unlock(GRWLock *lock)
{
    __tsan_release(lock);
    REAL(g_rw_lock_writer_unlock)(lock);
}

/* The last one to let go frees, after all others have let go: the lock says so. */
void g_bytes_unref(GBytes *bytes)
{
    static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
    pthread_mutex_lock(&lock);
    REAL(g_bytes_unref)(bytes);
    pthread_mutex_unlock(&lock);
}

/* What GLib does by itself in these: it makes the parts of a lock when it is first taken, and what
 * a pool's queue is made of is freed by another thread than made it. */
const char *__tsan_default_suppressions(void)
{
    return "race:g_queue_pop_tail\nrace:g_rw_lock_reader_lock\nrace:g_rw_lock_writer_lock\n";
}

/* A task is begun after it was pushed, and is over before its pool is freed. */
typedef struct Work {
    GFunc func;
    gpointer data;
} Work;
static char tasks;

static void begin(gpointer task, gpointer data)
{
    Work *work = data;
    __tsan_acquire(task);
    work->func(task, work->data);
    __tsan_release(&tasks);
}

static Work *work_new(GFunc func, gpointer data)
{
    Work *work = g_new(Work, 1);
    *work = (Work){func, data};
    return work;
}

GThreadPool *g_thread_pool_new(GFunc func, gpointer data, gint count, gboolean own, GError **error)
{
    return REAL(g_thread_pool_new)(begin, work_new(func, data), count, own, error);
}

gboolean g_thread_pool_push(GThreadPool *pool, gpointer task, GError **error)
{
    __tsan_release(task);
    return REAL(g_thread_pool_push)(pool, task, error);
}

void g_thread_pool_free(GThreadPool *pool, gboolean now, gboolean wait)
{
    REAL(g_thread_pool_free)(pool, now, wait);
    __tsan_acquire(&tasks);
}
