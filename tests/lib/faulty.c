/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For LD_PRELOAD: one read of a program goes wrong.
 *
 *     FAULT="fail 7"    the 7th pread() or preadv2() is EIO
 *     FAULT="cut 7"     it gives half of what was asked for
 *     FAULT="eintr 7"   it is interrupted
 *
 * Standard error says at the end, in the process that has done them, how many there were: "reads:
 * N".
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int count; /* atomic */
static int fatal;
static char fault[16];

__attribute__((constructor)) static void begin(void)
{
    const char *text = getenv("FAULT");
    if (text != NULL)
        sscanf(text, "%15s %d", fault, &fatal);
}

__attribute__((destructor)) static void end(void)
{
    if (count > 0)
        dprintf(STDERR_FILENO, "reads: %d\n", count);
}

/* How much is to be read; -1: nothing, errno says why. */
static ssize_t allow(size_t length)
{
    if (__atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST) != fatal)
        return (ssize_t)length;
    if (strcmp(fault, "cut") == 0)
        return (ssize_t)(length + 1) / 2;
    errno = strcmp(fault, "eintr") == 0 ? EINTR : EIO;
    return -1;
}

ssize_t pread(int fd, void *buffer, size_t length, off_t offset)
{
    ssize_t allowed = allow(length);
    return allowed < 0 ? -1 : syscall(SYS_pread64, fd, buffer, (size_t)allowed, offset);
}

/* Of one piece: that is how it is called. */
ssize_t preadv2(int fd, const struct iovec *pieces, int n, off_t offset, int flags)
{
    (void)n;
    ssize_t allowed = allow(pieces->iov_len);
    struct iovec piece = {pieces->iov_base, allowed < 0 ? 0 : (size_t)allowed};
    return allowed < 0 ? -1 : syscall(SYS_preadv2, fd, &piece, 1, offset, 0L, flags);
}
