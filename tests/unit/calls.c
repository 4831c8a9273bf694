/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/calls.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

static struct {
    gint on; /* atomic: whether anything below is arranged */
    GMutex lock;
    bool arranged;
    CallsFate fate;
    guint first, last, count;
    CallsRead bad;
    GArray *reads;
} calls;

const char *calls_fate_to_string(CallsFate fate)
{
    static const char *const names[] = {"fail", "cut", "interrupt", "refuse"};
    return names[fate];
}

static void update(void)
{
    g_atomic_int_set(&calls.on, calls.arranged || calls.bad.file != 0 || calls.reads);
}

void calls_arrange(CallsFate fate, guint first, guint last)
{
    g_mutex_lock(&calls.lock);
    calls.arranged = true;
    calls.fate = fate;
    calls.first = first;
    calls.last = last;
    calls.count = 0;
    update();
    g_mutex_unlock(&calls.lock);
}

guint calls_settle(void)
{
    g_mutex_lock(&calls.lock);
    calls.arranged = false;
    const guint count = calls.count;
    update();
    g_mutex_unlock(&calls.lock);
    return count;
}

uint64_t calls_file(const char *name)
{
    struct stat found;
    return g_stat(name, &found) == 0 ? found.st_ino : 0;
}

void calls_spoil(const char *name, uint64_t start, uint64_t end)
{
    const CallsRead bad = {name ? calls_file(name) : 0, start, end};
    g_mutex_lock(&calls.lock);
    calls.bad = bad;
    update();
    g_mutex_unlock(&calls.lock);
}

void calls_record(GArray *reads)
{
    g_mutex_lock(&calls.lock);
    calls.reads = reads;
    update();
    g_mutex_unlock(&calls.lock);
}

/* Whether it happens to this call. */
static bool happens(CallsFate fate)
{
    if (!g_atomic_int_get(&calls.on))
        return false;
    g_mutex_lock(&calls.lock);
    const bool counts = calls.arranged && calls.fate == fate;
    calls.count += counts;
    const bool is_it = counts && calls.count >= calls.first && calls.count <= calls.last;
    g_mutex_unlock(&calls.lock);
    return is_it;
}

/* ---- the real ones, or those that a sanitizer has put in their place ---- */

static void *real(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);
    if (!function)
        abort();
    return function;
}

/* As ISO C has it, a pointer to data may not be converted to one to a function. */
#define REAL(variable, name)                                                                       \
    do {                                                                                           \
        static gsize found;                                                                        \
        if (g_once_init_enter(&found))                                                             \
            g_once_init_leave(&found, (gsize)real(name));                                          \
        memcpy(&(variable), &found, sizeof found);                                                 \
    } while (0)

static bool is_failing(void)
{
    if (!happens(CALLS_FAIL))
        return false;
    errno = EIO;
    return true;
}

/* How much of a read is to be done; -1: none, and errno says why. */
static ssize_t allow(int fd, size_t length, off_t offset)
{
    struct stat file;
    if (!g_atomic_int_get(&calls.on))
        return (ssize_t)length;
    if (is_failing())
        return -1;
    if (happens(CALLS_INTERRUPT)) {
        errno = EINTR;
        return -1;
    }
    if (happens(CALLS_CUT))
        length = (length + 1) / 2;
    const uint64_t start = (uint64_t)offset, end = start + length;
    if (fstatat(fd, "", &file, AT_EMPTY_PATH) != 0)
        return -1;
    g_mutex_lock(&calls.lock);
    const CallsRead bad = calls.bad, read = {file.st_ino, start, end};
    if (calls.reads)
        g_array_append_val(calls.reads, read);
    g_mutex_unlock(&calls.lock);
    if (bad.file != file.st_ino || end <= bad.start || start >= bad.end)
        return (ssize_t)length;
    errno = EIO;
    return start < bad.start ? (ssize_t)(bad.start - start) : -1;
}

/* ---- what the library calls ---- */

ssize_t pread(int fd, void *buffer, size_t length, off_t offset)
{
    ssize_t (*next)(int, void *, size_t, off_t);
    const ssize_t allowed = allow(fd, length, offset);
    REAL(next, "pread64");
    return allowed < 0 ? -1 : next(fd, buffer, (size_t)allowed, offset);
}

/* Of one piece: that is how the library calls it. */
ssize_t preadv2(int fd, const struct iovec *pieces, int count, off_t offset, int flags)
{
    ssize_t (*next)(int, const struct iovec *, int, off_t, int);
    const ssize_t allowed = allow(fd, pieces->iov_len, offset);
    const struct iovec piece = {pieces->iov_base, allowed < 0 ? 0 : (size_t)allowed};
    g_assert(count == 1);
    REAL(next, "preadv64v2");
    return allowed < 0 ? -1 : next(fd, &piece, 1, offset, flags);
}

off_t lseek(int fd, off_t offset, int whence)
{
    off_t (*next)(int, off_t, int);
    REAL(next, "lseek64");
    return is_failing() ? -1 : next(fd, offset, whence);
}

int fstat(int fd, struct stat *stat)
{
    int (*next)(int, struct stat *);
    REAL(next, "fstat64");
    return is_failing() ? -1 : next(fd, stat);
}

gpointer g_try_malloc(gsize length)
{
    gpointer (*next)(gsize);
    REAL(next, "g_try_malloc");
    return happens(CALLS_REFUSE) ? NULL : next(length);
}

gpointer g_try_malloc0(gsize length)
{
    gpointer (*next)(gsize);
    REAL(next, "g_try_malloc0");
    return happens(CALLS_REFUSE) ? NULL : next(length);
}

gpointer g_try_malloc_n(gsize count, gsize size)
{
    gpointer (*next)(gsize, gsize);
    REAL(next, "g_try_malloc_n");
    return happens(CALLS_REFUSE) ? NULL : next(count, size);
}

int inflateInit2_(z_streamp stream, int bits, const char *version, int size)
{
    int (*next)(z_streamp, int, const char *, int);
    REAL(next, "inflateInit2_");
    return happens(CALLS_REFUSE) ? Z_MEM_ERROR : next(stream, bits, version, size);
}

ZSTD_DCtx *ZSTD_createDCtx(void)
{
    ZSTD_DCtx *(*next)(void);
    REAL(next, "ZSTD_createDCtx");
    return happens(CALLS_REFUSE) ? NULL : next();
}

struct libdeflate_decompressor *libdeflate_alloc_decompressor(void)
{
    struct libdeflate_decompressor *(*next)(void);
    REAL(next, "libdeflate_alloc_decompressor");
    return happens(CALLS_REFUSE) ? NULL : next();
}
