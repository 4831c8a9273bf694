/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static sigset_t ending(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    return signals;
}

void uc_signals_block(void)
{
    sigset_t signals = ending();
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int uc_signals_open(void)
{
    sigset_t signals = ending();
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool uc_signals_take(int fd)
{
    struct signalfd_siginfo signal;
    return read(fd, &signal, sizeof signal) == sizeof signal;
}
