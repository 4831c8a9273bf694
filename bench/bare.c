/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ceiling: what a FUSE filesystem can do if it parses nothing. Shows FILE as "disk" in the
 * directory MOUNTPOINT; a read is one pread() into the thread's buffer and one reply, an lseek is
 * handed on to FILE. No other filesystem whose bytes pass through its program is much faster, so
 * what unchain lacks to this one is what unchain costs.
 *
 *     bare [-o direct_io,max_threads=N,FUSE-OPTION...] FILE MOUNTPOINT
 *
 * Returns when the mount answers and serves in the background, until somebody unmounts.
 */
#define FUSE_USE_VERSION 314
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DISK_ID (FUSE_ROOT_ID + 1)
#define DISK_NAME "disk"
#define FOREVER 1e6 /* seconds */
#define BLOCK_SIZE (1 << 20)
#define PAGE ((size_t)4096)

typedef struct Bare {
    char *file_name;
    int file;
    struct stat stat; /* of the file, as it is shown */
    int direct_io;
    unsigned max_threads;
} Bare;

static struct stat stat_of(const Bare *bare, fuse_ino_t id)
{
    if (id == DISK_ID)
        return bare->stat;
    return (struct stat){.st_ino = id, .st_mode = S_IFDIR | 0755, .st_nlink = 2};
}

static void bare_init(void *data, struct fuse_conn_info *connection)
{
    (void)data;
    connection->max_background = 64;
    connection->want &= ~FUSE_CAP_AUTO_INVAL_DATA;
}

static void bare_lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
    (void)parent;
    const Bare *bare = fuse_req_userdata(request);
    struct fuse_entry_param entry = {
        .ino = DISK_ID, .attr = bare->stat, .attr_timeout = FOREVER, .entry_timeout = FOREVER};
    if (strcmp(name, DISK_NAME) == 0)
        fuse_reply_entry(request, &entry);
    else
        fuse_reply_err(request, ENOENT);
}

static void bare_getattr(fuse_req_t request, fuse_ino_t id, struct fuse_file_info *info)
{
    (void)info;
    struct stat attributes = stat_of(fuse_req_userdata(request), id);
    fuse_reply_attr(request, &attributes, FOREVER);
}

static void bare_open(fuse_req_t request, fuse_ino_t id, struct fuse_file_info *info)
{
    (void)id;
    const Bare *bare = fuse_req_userdata(request);
    info->direct_io = bare->direct_io;
    info->keep_cache = 1;
    fuse_reply_open(request, info);
}

/* It begins with a page: the kernel copies page by page, and would need two pieces for each. */
static char *thread_buffer(size_t size)
{
    static _Thread_local char *buffer;
    static _Thread_local size_t room;
    if (room < size) {
        free(buffer);
        room = (size + PAGE - 1) / PAGE * PAGE;
        buffer = aligned_alloc(PAGE, room);
        if (buffer == NULL)
            room = 0;
    }
    return buffer;
}

static void bare_read(fuse_req_t request, fuse_ino_t id, size_t size, off_t offset,
                      struct fuse_file_info *info)
{
    (void)id;
    (void)info;
    const Bare *bare = fuse_req_userdata(request);
    char *buffer = thread_buffer(size);
    ssize_t got = buffer != NULL ? pread(bare->file, buffer, size, offset) : -1;
    if (got < 0)
        fuse_reply_err(request, EIO);
    else
        fuse_reply_buf(request, buffer, got);
}

static void bare_lseek(fuse_req_t request, fuse_ino_t id, off_t offset, int whence,
                       struct fuse_file_info *info)
{
    (void)id;
    (void)info;
    const Bare *bare = fuse_req_userdata(request);
    off_t found = lseek(bare->file, offset, whence);
    if (found < 0)
        fuse_reply_err(request, errno);
    else
        fuse_reply_lseek(request, found);
}

static const struct fuse_lowlevel_ops operations = {
    .init = bare_init,
    .lookup = bare_lookup,
    .getattr = bare_getattr,
    .open = bare_open,
    .read = bare_read,
    .lseek = bare_lseek,
};

static const struct fuse_opt options[] = {
    {"direct_io", offsetof(Bare, direct_io), 1},
    {"max_threads=%u", offsetof(Bare, max_threads), 0},
    FUSE_OPT_END,
};

/* The first word is the file; the rest is for libfuse. */
static int on_option(void *data, const char *text, int key, struct fuse_args *arguments)
{
    (void)arguments;
    Bare *bare = data;
    if (key != FUSE_OPT_KEY_NONOPT || bare->file_name != NULL)
        return 1;
    bare->file_name = strdup(text);
    return 0;
}

static int open_file(Bare *bare)
{
    bare->file = open(bare->file_name, O_RDONLY | O_CLOEXEC);
    if (bare->file < 0 || fstat(bare->file, &bare->stat) != 0) {
        perror(bare->file_name);
        return -1;
    }
    bare->stat.st_ino = DISK_ID;
    bare->stat.st_blksize = BLOCK_SIZE;
    return 0;
}

static int serve(const Bare *bare, struct fuse_session *session)
{
    struct fuse_loop_config *config = fuse_loop_cfg_create();
    fuse_loop_cfg_set_max_threads(config, bare->max_threads);
    int status = fuse_session_loop_mt(session, config);
    fuse_loop_cfg_destroy(config);
    fuse_session_unmount(session);
    return status;
}

int main(int argc, char **argv)
{
    struct fuse_args arguments = FUSE_ARGS_INIT(argc, argv);
    struct fuse_cmdline_opts command;
    Bare bare = {.max_threads = 4};

    if (fuse_opt_parse(&arguments, &bare, options, on_option) != 0 ||
        fuse_parse_cmdline(&arguments, &command) != 0)
        return 2;
    if (bare.file_name == NULL || command.mountpoint == NULL) {
        fprintf(stderr, "usage: bare [-o OPTION,...] FILE MOUNTPOINT\n");
        return 2;
    }
    if (open_file(&bare) != 0)
        return 1;
    struct fuse_session *session =
        fuse_session_new(&arguments, &operations, sizeof operations, &bare);
    if (session == NULL || fuse_set_signal_handlers(session) != 0 ||
        fuse_session_mount(session, command.mountpoint) != 0)
        return 1;
    fuse_daemonize(command.foreground);
    return serve(&bare, session) != 0;
}
