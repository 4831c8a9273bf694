/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/mountpoint.h"

#include "fuse/log.h"
#include "fuse/occupant.h"
#include "fuse/unmount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static bool set_unseen(GError **error, const char *path, int code)
{
    g_autofree char *explanation = uc_occupant_explain(path, code);
    return uc_error_set(error, UC_ERROR_FAILED, "mountpoint %s: %s%s", path, g_strerror(code),
                        explanation);
}

static bool look(UcMountpoint *mountpoint, const char *path, GError **error)
{
    struct stat stat;
    if (!uc_occupant_clear_dead(path, error))
        return false;
    mountpoint->path = realpath(path, NULL);
    if (mountpoint->path == NULL || lstat(mountpoint->path, &stat) != 0)
        return set_unseen(error, path, errno);
    if (!S_ISDIR(stat.st_mode) && !S_ISREG(stat.st_mode))
        return uc_error_set(error, UC_ERROR_FAILED,
                            "mountpoint %s: expected a directory or a regular file", path);
    mountpoint->is_file = S_ISREG(stat.st_mode);
    return true;
}

UcMountpoint *uc_mountpoint_new(const char *path, GError **error)
{
    g_autoptr(UcMountpoint) mountpoint = g_new0(UcMountpoint, 1);
    return look(mountpoint, path, error) ? g_steal_pointer(&mountpoint) : NULL;
}

void uc_mountpoint_free(UcMountpoint *mountpoint)
{
    free(mountpoint->path);
    g_free(mountpoint);
}

/* ---- mounting ---- */

/*
 * fusermount3 writes to standard error itself, and if it is to stay in the background (-o
 * auto_unmount) it keeps whatever output it was given. So while libfuse mounts, both outputs are
 * a file in memory.
 */
typedef struct Chatter {
    int memory;
    int saved[3];
} Chatter;

static void chatter_begin(Chatter *chatter)
{
    uc_log_capture_begin();
    fflush(NULL);
    chatter->memory = memfd_create("chatter", MFD_CLOEXEC);
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
        chatter->saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        if (chatter->memory >= 0 && chatter->saved[fd] >= 0)
            dup2(chatter->memory, fd);
    }
}

static void restore(int fd, int saved)
{
    if (saved < 0)
        return; /* was never replaced */
    dup2(saved, fd);
    close(saved);
}

/* What was said, on one line; the caller frees. */
static char *chatter_end(Chatter *chatter)
{
    char text[1024] = "";
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
        restore(fd, chatter->saved[fd]);
    g_autofree char *logged = uc_log_capture_end();
    if (chatter->memory >= 0) {
        (void)!pread(chatter->memory, text, sizeof text - 1, 0);
        close(chatter->memory);
    }
    g_strchomp(g_strdelimit(text, "\n", ' '));
    return g_strdup(*text != '\0' ? text : logged);
}

#ifndef STATX_MNT_ID_UNIQUE /* since Linux 6.8; others answer without it */
#define STATX_MNT_ID_UNIQUE 0x4000U
#endif

/* What is mounted there now, without asking whoever serves it. */
static bool identify(const char *path, UcMountpoint *mount)
{
    struct statx found = {0};
    if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC,
              STATX_MNT_ID_UNIQUE, &found) != 0)
        return false;
    mount->major = found.stx_dev_major;
    mount->minor = found.stx_dev_minor;
    mount->id = found.stx_mnt_id;
    return true;
}

bool uc_mountpoint_mount(UcMountpoint *mountpoint, struct fuse_session *session, GError **error)
{
    Chatter chatter;
    chatter_begin(&chatter);
    bool mounted = fuse_session_mount(session, mountpoint->path) == 0;
    g_autofree char *said = chatter_end(&chatter);
    if (!mounted)
        return uc_error_set(error, UC_ERROR_FAILED, "cannot mount on %s: %s", mountpoint->path,
                            *said != '\0' ? said : "libfuse does not say why");
    if (*said != '\0')
        uc_log(UC_LOG_WARNING, "%s", said);
    mountpoint->mounted = identify(mountpoint->path, mountpoint);
    return true;
}

/* ---- releasing ---- */

static bool is_ours(const UcMountpoint *mountpoint)
{
    UcMountpoint there;
    return mountpoint->mounted && identify(mountpoint->path, &there) &&
           there.major == mountpoint->major && there.minor == mountpoint->minor &&
           there.id == mountpoint->id;
}

/* Where neither number tells ours from a mount that somebody made here after ours was gone, being
 * dead does: that one answers. */
static bool is_dead(const UcMountpoint *mountpoint)
{
    struct statfs ignored;
    return statfs(mountpoint->path, &ignored) != 0 && errno == ENOTCONN;
}

void uc_mountpoint_release_dead(const UcMountpoint *mountpoint)
{
    if (is_dead(mountpoint) && is_ours(mountpoint))
        uc_unmount_detach(mountpoint->path);
}

void uc_mountpoint_release(const UcMountpoint *mountpoint)
{
    if (!is_ours(mountpoint) || uc_unmount(mountpoint->path))
        return;
    uc_log(UC_LOG_WARNING,
           "%s is unmounted while it is in use; what is still open there ends with errors",
           mountpoint->path);
    uc_unmount_detach(mountpoint->path);
}

void uc_mountpoint_set_read_ahead(const UcMountpoint *mountpoint, uint64_t bytes)
{
    g_autofree char *kib = g_strdup_printf("%" G_GUINT64_FORMAT, bytes / 1024);
    g_autofree char *knob =
        g_strdup_printf("/sys/class/bdi/%u:%u/read_ahead_kb", mountpoint->major, mountpoint->minor);
    int fd = open(knob, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)!write(fd, kib, strlen(kib));
    close(fd);
}
