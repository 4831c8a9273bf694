/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/gate.h"

#include "core/graph.h"
#include "core/links.h"
#include "core/lock.h"
#include "core/opening.h"
#include "core/root.h"
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

/* A name, whoever says it. */
typedef struct Name {
    const char *text;
    char *shown;        /* owned */
    const UcRoot *root; /* that it may not lead out of; NULL: the user says it */
    const char *beside; /* the name of the image that says it, if there is a root */
} Name;

static void name_clear(Name *name)
{
    g_free(name->shown);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Name, name_clear)

/* The image that asks for what is being opened, or NULL. */
static const UcNode *find_asking(const UcOpening *opening)
{
    const UcFrame *frame = uc_opening_top(opening);

    if (!frame->implied)
        return NULL;
    for (guint i = opening->frames->len; !frame->named;)
        frame = g_ptr_array_index(opening->frames, --i);
    return frame->parent;
}

static Name name_of(const UcGraph *graph, const char *text)
{
    const UcNode *asking = find_asking(graph->opening);
    const UcHostFile *file = asking ? uc_node_host_file(asking) : NULL;

    return (Name){.text = text,
                  .shown = uc_text_escape(text, -1),
                  .root = asking ? graph->opening->root : NULL,
                  .beside = file ? file->name : ""};
}

/* The links in /proc/PID/fd and their like lead to what some process has open, not to a file. */
static int open_plainly(const char *name, int flags)
{
    struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS};
    int fd = syscall(SYS_openat2, AT_FDCWD, name, &how, sizeof how);

    return fd < 0 && errno == ENOSYS ? uc_links_open(name, flags) : fd;
}

static int open_name(const Name *name, int flags)
{
    return name->root ? uc_root_open(name->root, name->beside, name->text, flags)
                      : open_plainly(name->text, flags);
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

static int open_within_limit(const Name *name, int flags)
{
    int fd = open_name(name, flags);

    if (fd < 0 && errno == EMFILE && raise_descriptor_limit())
        fd = open_name(name, flags);
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

/* File systems without a store: what looks like a file there is the kernel's or a process's memory,
 * or does something when it is read. */
static const uint32_t made_by_kernel[] = {
    PROC_SUPER_MAGIC, SYSFS_MAGIC, DEBUGFS_MAGIC, TRACEFS_MAGIC, SECURITYFS_MAGIC, SELINUX_MAGIC,
    SMACK_MAGIC, AAFS_MAGIC,                                       /* AppArmor's */
    CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, RDTGROUP_SUPER_MAGIC, /* resctrl */
    BPF_FS_MAGIC, NSFS_MAGIC, PSTOREFS_MAGIC, EFIVARFS_MAGIC, BINFMTFS_MAGIC, BINDERFS_SUPER_MAGIC,
    OPENPROM_SUPER_MAGIC, USBDEVICE_SUPER_MAGIC, XENFS_SUPER_MAGIC,
    /* linux/magic.h leaves these out */
    0x19800202, /* mqueue */
    0x62656570, /* configfs */
    0x65735543, /* fusectl */
    0x67596969, /* rpc_pipefs */
    0x6e667364, /* nfsd */
};

static bool is_made_by_kernel(int fd)
{
    struct statfs stat;

    if (fstatfs(fd, &stat) != 0)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(made_by_kernel); i++)
        if ((uint32_t)stat.f_type == made_by_kernel[i])
            return true;
    return false;
}

static bool set_outside(GError **error, const Name *name)
{
    g_autofree char *root = uc_text_escape(uc_root_name(name->root), -1);

    return uc_error_set(error, UC_ERROR_FAILED,
                        "'%s' leads out of '%s', where --root keeps what images name: give --root "
                        "a directory that holds it, or name it in a graph file",
                        name->shown, root);
}

static bool set_open_error(GError **error, const Name *name, int cause)
{
    const char *reason = cause == ELOOP
                             ? "it leads through a link that is not a plain link to a file"
                             : g_strerror(cause);

    if (cause == EXDEV && name->root)
        return set_outside(error, name);
    return uc_error_set(error, UC_ERROR_FAILED, "cannot open '%s': %s", name->shown, reason);
}

static bool check_kind(int fd, const Name *name, struct stat *stat, GError **error)
{
    if (fstat(fd, stat) != 0)
        return set_open_error(error, name, errno);
    if (!is_openable(stat->st_mode))
        return uc_error_set(error, UC_ERROR_FAILED,
                            "'%s' is %s, expected a regular file or a block device", name->shown,
                            kind_of(stat->st_mode));
    return !is_made_by_kernel(fd) ||
           uc_error_set(error, UC_ERROR_FAILED,
                        "'%s' is made by the kernel, expected a file that is stored", name->shown);
}

/* Looks at what the name leads to without opening it: a FIFO would block, a device might act. */
static bool inspect(const Name *name, struct stat *stat, GError **error)
{
    int fd = open_within_limit(name, O_PATH);

    if (fd < 0)
        return set_open_error(error, name, errno);
    bool ok = check_kind(fd, name, stat, error);

    close(fd);
    return ok;
}

/* O_NONBLOCK and the second look: another file may have taken the name in the meantime. */
static bool open_inspected(UcHostFile *file, const Name *name, GError **error)
{
    struct stat seen;

    if (!inspect(name, &seen, error))
        return false;
    file->fd = open_within_limit(name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (file->fd < 0 || fstat(file->fd, &file->stat) != 0)
        return set_open_error(error, name, errno);
    if (file->stat.st_dev != seen.st_dev || file->stat.st_ino != seen.st_ino)
        return uc_error_set(error, UC_ERROR_FAILED, "'%s' was replaced while it was being opened",
                            name->shown);
    return true;
}

/* Filesystems that are programs, QEMU's for one, may say of everything that it happens just now. */
static bool is_timeless(const UcHostFile *file)
{
    const struct stat *stat = &file->stat;
    gint64 age = g_get_real_time() / G_USEC_PER_SEC - stat->st_mtim.tv_sec;
    struct statfs filesystem;

    return fstatfs(file->fd, &filesystem) == 0 && filesystem.f_type == FUSE_SUPER_MAGIC &&
           ABS(age) <= 2 && stat->st_mtim.tv_nsec == 0 &&
           memcmp(&stat->st_mtim, &stat->st_atim, sizeof(stat->st_mtim)) == 0 &&
           memcmp(&stat->st_mtim, &stat->st_ctim, sizeof(stat->st_mtim)) == 0;
}

/* To be asked once it is locked: until then somebody may have been writing it. */
static bool measure(UcHostFile *file)
{
    if (fstat(file->fd, &file->stat) != 0)
        return false;
    file->timeless = is_timeless(file);
    file->block_device = S_ISBLK(file->stat.st_mode);
    if (file->block_device)
        return ioctl(file->fd, BLKGETSIZE64, &file->size) == 0;
    file->size = file->stat.st_size;
    return true;
}

static bool lock_and_measure(UcGraph *graph, UcHostFile *file, const Name *name, UcLocking locking,
                             GError **error)
{
    file->may_change = uc_opening_top(graph->opening)->force_share;
    return uc_lock_file(graph, file, file->may_change ? UC_LOCKING_OFF : locking, error) &&
           (measure(file) || set_open_error(error, name, errno));
}

const UcHostFile *uc_gate_open_file(UcNode *node, const char *text, UcLocking locking,
                                    GError **error)
{
    g_auto(Name) name = name_of(node->graph, text);
    UcHostFile *file = uc_host_file_new(text);

    g_ptr_array_add(node->graph->files, file);
    if (!open_inspected(file, &name, error) || !uc_chain_add(node->graph, file, error) ||
        !lock_and_measure(node->graph, file, &name, locking, error))
        return NULL;
    return file;
}
