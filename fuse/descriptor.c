/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/descriptor.h"

#include <errno.h>
#include <glib.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A message of one byte, with room beside it for one descriptor. */
typedef struct Message {
    struct msghdr header;
    struct iovec content;
    char byte;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
} Message;

static void message_init(Message *message)
{
    memset(message, 0, sizeof *message);
    message->content = (struct iovec){.iov_base = &message->byte, .iov_len = 1};
    message->header.msg_iov = &message->content;
    message->header.msg_iovlen = 1;
    message->header.msg_control = message->control;
    message->header.msg_controllen = sizeof message->control;
}

bool uc_descriptor_send(int socket, int fd)
{
    Message message;
    message_init(&message);
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message.header);
    *rights = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(rights), &fd, sizeof fd);
    return sendmsg(socket, &message.header, MSG_NOSIGNAL) == 1;
}

int uc_descriptor_receive(int socket)
{
    Message message;
    int fd = -1;
    message_init(&message);
    ssize_t got = TEMP_FAILURE_RETRY(recvmsg(socket, &message.header, MSG_CMSG_CLOEXEC));
    if (got < 0)
        return -1;
    errno = got == 0 ? 0 : EMFILE;
    const struct cmsghdr *rights = CMSG_FIRSTHDR(&message.header);
    if (rights != NULL && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(rights), sizeof fd);
    return fd;
}

void uc_descriptor_close_others(int one, int other)
{
    int first = MAX(MIN(one, other), STDERR_FILENO);
    int second = MAX(MAX(one, other), STDERR_FILENO);
    close_range(STDERR_FILENO + 1, first - 1, 0);
    close_range(first + 1, second - 1, 0);
    close_range(second + 1, UINT_MAX, 0);
}
