/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/passthrough.h"

#include "core/path.h"
#include "fuse/log.h"

/* Whatever stands between the node and the file, reads do not notice it. */
static bool is_whole_file(const UcPath *path)
{
    const UcHostFile *file = path->node->file;
    return uc_path_is_on_host(path) && !file->block_device && path->offset == 0 &&
           path->length == file->size && path->length == path->from->size;
}

void uc_passthrough_init(UcPassthrough *passthrough, const UcNode *node)
{
    const UcQuestion question = {.reach = UC_REACH_READ};
    if (node->size == 0)
        return;
    UcPath path = uc_path_find(node, 0, node->size, &question);
    if (is_whole_file(&path))
        passthrough->file = path.node->file;
}

#ifdef UC_HAVE_PASSTHROUGH

#include <errno.h>
#include <linux/fuse.h>
#include <sys/ioctl.h>

void uc_passthrough_greet(struct fuse_conn_info *connection)
{
    connection->want |= connection->capable & FUSE_CAP_PASSTHROUGH;
    connection->max_backing_stack_depth = FUSE_BACKING_STACKED_OVER;
    if ((connection->capable & FUSE_CAP_PASSTHROUGH) == 0)
        uc_log(UC_LOG_WARNING, "passthrough: needs Linux 6.9; files are served as usual");
}

/* libfuse's function for this wants a request to belong to, and by then it is too late. */
void uc_passthrough_register(UcPassthrough *passthrough, struct fuse_session *session)
{
    if (passthrough->file == NULL)
        return;
    struct fuse_backing_map map = {.fd = passthrough->file->fd};
    int id = ioctl(fuse_session_fd(session), FUSE_DEV_IOC_BACKING_OPEN, &map);
    if (id > 0)
        passthrough->backing_id = id;
    else
        uc_log(UC_LOG_WARNING,
               "passthrough: the kernel does not accept %s (%s); it is served as "
               "usual",
               passthrough->file->name, g_strerror(errno));
}

void uc_passthrough_open(const UcPassthrough *passthrough, struct fuse_file_info *opened)
{
    if (passthrough->backing_id == 0)
        return;
    opened->backing_id = passthrough->backing_id;
    opened->keep_cache = opened->direct_io = 0; /* there is no cache of ours to speak of */
}

#else

void uc_passthrough_greet(struct fuse_conn_info *connection)
{
    (void)connection;
    uc_log(UC_LOG_WARNING, "passthrough: needs libfuse 3.17; files are served as usual");
}

void uc_passthrough_register(UcPassthrough *passthrough, struct fuse_session *session)
{
    (void)passthrough, (void)session;
}

void uc_passthrough_open(const UcPassthrough *passthrough, struct fuse_file_info *opened)
{
    (void)passthrough, (void)opened;
}

#endif
