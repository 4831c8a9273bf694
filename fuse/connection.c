/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/connection.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

static void (*tell_end)(void); /* the process has one session */

static ssize_t connection_read(int fd, void *buffer, size_t length, void *data)
{
    (void)data;
    ssize_t got = read(fd, buffer, length);
    if (got < 0 && errno == ENODEV) {
        tell_end();
        errno = ENODEV;
    }
    return got;
}

static ssize_t connection_write(int fd, struct iovec *pieces, int count, void *data)
{
    (void)data;
    return writev(fd, pieces, count);
}

bool uc_connection_set(struct fuse_session *session, int connection, void (*ended)(void))
{
    static const struct fuse_custom_io io = {.read = connection_read, .writev = connection_write};
    tell_end = ended;
    return fuse_session_custom_io(session, &io, connection) == 0;
}
