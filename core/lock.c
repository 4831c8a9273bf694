/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/lock.h"

#include "core/text.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum {
    READS = 100,
    WRITES = 101,
    RESIZES = 103,
    OTHERS_MUST_NOT = 100, /* added to one of those above */
};

static const short held[] = {READS, WRITES + OTHERS_MUST_NOT, RESIZES + OTHERS_MUST_NOT};

/* Never waits: EAGAIN if somebody else's lock is in the way. */
static bool set_lock(int fd, short type, int start, int length)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};

    return TEMP_FAILURE_RETRY(fcntl(fd, F_OFD_SETLK, &lock)) == 0;
}

/* F_UNLCK: nobody else has locked the byte. Negative if it cannot be told. */
static int find_lock(int fd, int byte)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

    return TEMP_FAILURE_RETRY(fcntl(fd, F_OFD_GETLK, &lock)) == 0 ? lock.l_type : -1;
}

static UcLockResult hold(int fd)
{
    for (guint i = 0; i < G_N_ELEMENTS(held); i++)
        if (!set_lock(fd, F_RDLCK, held[i], 1))
            return errno == EAGAIN || errno == EACCES ? UC_LOCK_IS_EXCLUSIVE
                                                      : UC_LOCK_IS_IMPOSSIBLE;
    return UC_LOCKED;
}

static UcLockResult look(int fd)
{
    static const struct {
        short byte;
        UcLockResult means;
    } contradictions[] = {
        {READS + OTHERS_MUST_NOT, UC_LOCK_IS_UNSETTLED},
        {WRITES, UC_LOCK_IS_WRITTEN},
        {RESIZES, UC_LOCK_IS_WRITTEN},
    };

    for (guint i = 0; i < G_N_ELEMENTS(contradictions); i++) {
        int type = find_lock(fd, contradictions[i].byte);

        if (type != F_UNLCK)
            return type < 0 ? UC_LOCK_IS_IMPOSSIBLE : contradictions[i].means;
    }
    return UC_LOCKED;
}

static void unlock(int fd)
{
    set_lock(fd, F_UNLCK, 0, 0);
}

UcLockResult uc_lock_take(int fd)
{
    UcLockResult result = hold(fd);

    if (result == UC_LOCKED)
        result = look(fd);
    if (result != UC_LOCKED && result != UC_LOCK_IS_IMPOSSIBLE)
        unlock(fd);
    return result;
}

static const char *deed_of(UcLockResult result)
{
    switch (result) {
    case UC_LOCK_IS_WRITTEN:
        return "writes it";
    case UC_LOCK_IS_UNSETTLED:
        return "is changing it and lets nobody read it";
    default:
        return "has locked it against everybody";
    }
}

static bool set_in_use(GError **error, const char *shown, UcLockResult result)
{
    return uc_error_set(error, UC_ERROR_FAILED,
                        "'%s' is in use: a virtual machine or another program %s; stop that one, "
                        "or use --force-share (-U) and risk reading a mixture of old and new",
                        shown, deed_of(result));
}

/* A chain lies in one place more often than not: one warning says it all. */
static void warn_unlocked(UcGraph *graph, const char *shown, int cause)
{
    if (!graph->is_unlocked)
        g_ptr_array_add(graph->warnings,
                        g_strdup_printf("'%s' cannot be locked (%s): nothing keeps a virtual "
                                        "machine from writing it while it is read",
                                        shown, g_strerror(cause)));
    graph->is_unlocked = true;
}

bool uc_lock_file(UcGraph *graph, const UcHostFile *file, UcLocking locking, GError **error)
{
    UcLockResult result = locking == UC_LOCKING_OFF ? UC_LOCKED : uc_lock_take(file->fd);
    int cause = errno;
    g_autofree char *shown = NULL;

    if (result == UC_LOCKED)
        return true;
    shown = uc_text_escape(file->name, -1);
    if (result != UC_LOCK_IS_IMPOSSIBLE)
        return set_in_use(error, shown, result);
    if (locking == UC_LOCKING_ON)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "'%s' cannot be locked (%s), and \"locking\" says that it must be",
                            shown, g_strerror(cause));
    warn_unlocked(graph, shown, cause);
    return true;
}

void uc_lock_release(const UcGraph *graph)
{
    for (guint i = 0; i < graph->files->len; i++)
        unlock(((const UcHostFile *)g_ptr_array_index(graph->files, i))->fd);
}
