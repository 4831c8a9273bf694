/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * To be preloaded into `unchain mount`: kills one of its processes at one step of its life.
 *
 *     MORTAL=ROLE:N     0 is the launcher, 1 the supervisor, 2 the worker; it dies before its Nth
 *                       call of one of the functions below
 *     MORTAL_NOTE=FILE  has one byte, which becomes 1 when it dies
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int chosen_role = -1, chosen_step, role;
static char *note;
static atomic_int step;

__attribute__((constructor)) static void choose(void)
{
    const char *choice = getenv("MORTAL"), *path = getenv("MORTAL_NOTE");
    if (choice == NULL || path == NULL || strcmp(program_invocation_short_name, "unchain") != 0)
        return;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    note = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (note == MAP_FAILED || sscanf(choice, "%d:%d", &chosen_role, &chosen_step) != 2)
        abort();
}

/* The one signal that the sandbox lets a process send is to a thread of its own. */
static void die(void)
{
    *note = 1;
    syscall(SYS_tgkill, getpid(), gettid(), SIGKILL);
    pause();
}

static void begin(void)
{
    if (role == chosen_role && atomic_fetch_add(&step, 1) + 1 == chosen_step)
        die();
}

/* The function behind ours. ISO C knows no way from an address to a function but this. */
static void find(const char *name, void *function, size_t size)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(function, &found, size);
}

/* A function that counts: its type, its name, its parameters and the same without types. */
#define STEP(type, name, parameters, arguments)                                                    \
    type name parameters                                                                           \
    {                                                                                              \
        type(*real) parameters;                                                                    \
        find(#name, &real, sizeof real);                                                           \
        begin();                                                                                   \
        return real arguments;                                                                     \
    }

/* The child is a role of its own, with steps of its own. */
pid_t fork(void)
{
    pid_t (*real)(void);
    find("fork", &real, sizeof real);
    begin();
    pid_t child = real();
    if (child == 0) {
        role++;
        atomic_store(&step, 0);
    }
    return child;
}

STEP(int, mount, (const char *a, const char *b, const char *c, unsigned long d, const void *e),
     (a, b, c, d, e))
STEP(int, umount2, (const char *a, int b), (a, b))
STEP(int, posix_spawn,
     (pid_t *restrict a, const char *restrict b, const posix_spawn_file_actions_t *restrict c,
      const posix_spawnattr_t *restrict d, char *const e[restrict], char *const f[restrict]),
     (a, b, c, d, e, f))
STEP(ssize_t, sendmsg, (int a, const struct msghdr *b, int c), (a, b, c))
STEP(ssize_t, recvmsg, (int a, struct msghdr *b, int c), (a, b, c))
STEP(ssize_t, send, (int a, const void *b, size_t c, int d), (a, b, c, d))
STEP(int, poll, (struct pollfd * a, nfds_t b, int c), (a, b, c))
STEP(int, pipe2, (int a[2], int b), (a, b))
STEP(int, socketpair, (int a, int b, int c, int d[2]), (a, b, c, d))
STEP(pid_t, setsid, (void), ())
STEP(pid_t, waitpid, (pid_t a, int *b, int c), (a, b, c))
STEP(int, unlink, (const char *a), (a))
STEP(int, close, (int a), (a))
STEP(ssize_t, read, (int a, void *b, size_t c), (a, b, c))
STEP(ssize_t, write, (int a, const void *b, size_t c), (a, b, c))
