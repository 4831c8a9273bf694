/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/gate.h"

#include "core/graph.h"
#include "core/lock.h"
#include "core/opening.h"
#include "core/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* The links in /proc/PID/fd and their like lead to what some process has open, not to a file. */
static int open_plainly(const char *name, int flags)
{
    struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS};
    int fd = syscall(SYS_openat2, AT_FDCWD, name, &how, sizeof how);

    if (fd < 0 && errno == ENOSYS)
        fd = open(name, flags | O_CLOEXEC);
    return fd;
}

/* A chain holds one descriptor per file: take what the system allows before giving up. */
static bool raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return false;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static int open_within_limit(const char *name, int flags)
{
    int fd = open_plainly(name, flags);

    if (fd < 0 && errno == EMFILE && raise_descriptor_limit())
        fd = open_plainly(name, flags);
    return fd;
}

static const char *kind_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return "a directory";
    case S_IFIFO:
        return "a FIFO";
    case S_IFSOCK:
        return "a socket";
    case S_IFCHR:
        return "a character device";
    default:
        return "not a file";
    }
}

static bool is_openable(mode_t mode)
{
    return S_ISREG(mode) || S_ISBLK(mode);
}

/* What looks like a file there is the kernel's or a process's memory, or does something when it is
 * read. */
static bool is_made_by_kernel(int fd)
{
    static const long kinds[] = {PROC_SUPER_MAGIC, SYSFS_MAGIC, DEBUGFS_MAGIC, TRACEFS_MAGIC};
    struct statfs stat;

    if (fstatfs(fd, &stat) != 0)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (stat.f_type == kinds[i])
            return true;
    return false;
}

static bool set_open_error(GError **error, const char *shown, int cause)
{
    const char *reason = cause == ELOOP
                             ? "it leads through a link that is not a plain link to a file"
                             : g_strerror(cause);

    return uc_error_set(error, UC_ERROR_FAILED, "cannot open '%s': %s", shown, reason);
}

static bool check_kind(int fd, const char *shown, struct stat *stat, GError **error)
{
    if (fstat(fd, stat) != 0)
        return set_open_error(error, shown, errno);
    if (!is_openable(stat->st_mode))
        return uc_error_set(error, UC_ERROR_FAILED,
                            "'%s' is %s, expected a regular file or a block device", shown,
                            kind_of(stat->st_mode));
    return !is_made_by_kernel(fd) ||
           uc_error_set(error, UC_ERROR_FAILED,
                        "'%s' is made by the kernel, expected a file that is stored", shown);
}

/* Looks at what the name leads to without opening it: a FIFO would block, a device might act. */
static bool inspect(const char *name, const char *shown, struct stat *stat, GError **error)
{
    int fd = open_within_limit(name, O_PATH);

    if (fd < 0)
        return set_open_error(error, shown, errno);
    bool ok = check_kind(fd, shown, stat, error);

    close(fd);
    return ok;
}

/* O_NONBLOCK and the second look: another file may have taken the name in the meantime. */
static bool open_inspected(UcHostFile *file, const char *shown, GError **error)
{
    struct stat seen;

    if (!inspect(file->name, shown, &seen, error))
        return false;
    file->fd = open_within_limit(file->name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (file->fd < 0 || fstat(file->fd, &file->stat) != 0)
        return set_open_error(error, shown, errno);
    if (file->stat.st_dev != seen.st_dev || file->stat.st_ino != seen.st_ino)
        return uc_error_set(error, UC_ERROR_FAILED, "'%s' was replaced while it was being opened",
                            shown);
    return true;
}

/* To be asked once it is locked: until then somebody may have been writing it. */
static bool measure(UcHostFile *file)
{
    if (fstat(file->fd, &file->stat) != 0)
        return false;
    file->block_device = S_ISBLK(file->stat.st_mode);
    if (file->block_device)
        return ioctl(file->fd, BLKGETSIZE64, &file->size) == 0;
    file->size = file->stat.st_size;
    return true;
}

static bool lock_and_measure(UcGraph *graph, UcHostFile *file, const char *shown, UcLocking locking,
                             GError **error)
{
    bool is_shared = uc_opening_top(graph->opening)->force_share;

    return uc_lock_file(graph, file, is_shared ? UC_LOCKING_OFF : locking, error) &&
           (measure(file) || set_open_error(error, shown, errno));
}

const UcHostFile *uc_gate_open_file(UcNode *node, const char *name, UcLocking locking,
                                    GError **error)
{
    g_autofree char *shown = uc_text_escape(name, -1);
    UcHostFile *file = g_new0(UcHostFile, 1);

    file->fd = -1;
    file->name = g_strdup(name);
    g_ptr_array_add(node->graph->files, file);
    if (!open_inspected(file, shown, error) || !uc_chain_add(node->graph, file, error) ||
        !lock_and_measure(node->graph, file, shown, locking, error))
        return NULL;
    return file;
}
