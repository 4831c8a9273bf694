/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can a process in the sandbox do?
 *
 *     captive STAGE WALL     STAGE: opening, serving; WALL: all, or the only one to raise
 *
 * Enters, makes every attempt in the table below, and says which of them went otherwise than the
 * table has it. In the directory it is started in it needs a file `there`. Status 0: none.
 */
#include "fuse/sandbox/landlock.h"
#include "fuse/sandbox/privileges.h"
#include "fuse/sandbox/syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t parent;
static int there; /* opened before */
static struct sockaddr_in listener = {.sin_family = AF_INET};
static int client;     /* a socket made before */
static int talkers[2]; /* two that are connected to each other */
static int letters;    /* one that is not connected */
static struct sockaddr_un mailbox = {.sun_family = AF_UNIX, .sun_path = "mailbox"};

/* An attempt returns whether it has succeeded. */
typedef bool Attempt(void);

/* ---- files ---- */

static bool opened(const char *name, int flags)
{
    int fd = open(name, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool open_to_read(void)
{
    return opened("there", O_RDONLY);
}

static bool open_to_write(void)
{
    return opened("there", O_WRONLY);
}

static bool open_to_truncate(void)
{
    return opened("there", O_RDONLY | O_TRUNC);
}

static bool opened_otherwise(uint64_t flags)
{
    struct open_how how = {.flags = flags | O_CLOEXEC};
    int fd = syscall(SYS_openat2, AT_FDCWD, "there", &how, sizeof how);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool open_otherwise_to_write(void)
{
    return opened_otherwise(O_WRONLY);
}

static bool open_otherwise_to_truncate(void)
{
    return opened_otherwise(O_RDONLY | O_TRUNC);
}

static bool create(void)
{
    return opened("new", O_RDWR | O_CREAT);
}

static bool create_nameless(void)
{
    return opened(".", O_RDWR | O_TMPFILE);
}

static bool open_device(void)
{
    return opened("/dev/fuse", O_RDWR);
}

static bool list(void)
{
    return opened(".", O_RDONLY | O_DIRECTORY);
}

static bool remove_file(void)
{
    return unlink("there") == 0;
}

static bool rename_file(void)
{
    return rename("there", "elsewhere") == 0;
}

static bool link_file(void)
{
    return link("there", "also") == 0;
}

static bool make_directory(void)
{
    return mkdir("directory", 0700) == 0;
}

static bool truncate_file(void)
{
    return truncate("there", 1) == 0;
}

static bool change_mode(void)
{
    return fchmod(there, 0777) == 0;
}

static bool change_owner(void)
{
    return fchown(there, 65534, 65534) == 0;
}

static bool look_at_name(void)
{
    struct stat stat;
    return lstat("there", &stat) == 0;
}

static bool duplicate(void)
{
    int fd = dup(there);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool make_memory_file(void)
{
    int fd = memfd_create("captive", MFD_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool read_open_file(void)
{
    char byte;
    struct stat stat;
    return pread(there, &byte, 1, 0) == 1 && fstat(there, &stat) == 0 && stat.st_size > 0 &&
           lseek(there, 0, SEEK_DATA) == 0 && posix_fadvise(there, 0, 0, POSIX_FADV_WILLNEED) == 0;
}

/* ---- programs, processes, threads ---- */

/* Not in a process of its own: there shall be none. */
static bool execute(void)
{
    char *const arguments[] = {(char *)"false", NULL};
    execv("/bin/false", arguments);
    return false;
}

static bool spawn(void)
{
    pid_t pid;
    char *const arguments[] = {(char *)"true", NULL};
    int status = -1;
    if (posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, NULL) == 0)
        waitpid(pid, &status, 0);
    return status == 0;
}

static bool fork_process(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    return pid > 0;
}

static bool signal_parent(void)
{
    return kill(parent, 0) == 0;
}

static bool signal_thread_of_parent(void)
{
    return syscall(SYS_tgkill, parent, parent, 0) == 0;
}

static bool limit_parent(void)
{
    struct rlimit limit;
    return prlimit(parent, RLIMIT_CORE, NULL, &limit) == 0;
}

static bool have_parent_signalled(void)
{
    return fcntl(client, F_SETOWN, parent) == 0;
}

static bool trace_parent(void)
{
    if (ptrace(PTRACE_SEIZE, parent, NULL, NULL) != 0)
        return false;
    ptrace(PTRACE_DETACH, parent, NULL, NULL);
    return true;
}

static bool read_parent(void)
{
    int fd = syscall(SYS_pidfd_open, parent, 0);
    int stolen = fd >= 0 ? syscall(SYS_pidfd_getfd, fd, 0, 0) : -1;
    return stolen >= 0;
}

static void *wait_for_ever(void *data)
{
    for (;;)
        pause();
    return data;
}

static bool run_threads(void)
{
    pthread_t thread;
    void *result;
    return pthread_create(&thread, NULL, wait_for_ever, NULL) == 0 && pthread_cancel(thread) == 0 &&
           pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED;
}

/* ---- the network ---- */

static bool make_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool make_local_socket(void)
{
    int ends[2];
    bool made = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0;
    for (int i = 0; made && i < 2; i++)
        close(ends[i]);
    return made;
}

static bool connect_out(void)
{
    return connect(client, (struct sockaddr *)&listener, sizeof listener) == 0;
}

/* As the log does it. */
static bool send_where_connected(void)
{
    return send(talkers[0], "x", 1, MSG_NOSIGNAL) == 1;
}

static bool send_elsewhere(void)
{
    return sendto(letters, "x", 1, 0, (struct sockaddr *)&mailbox, sizeof mailbox) == 1;
}

/* ---- the system ---- */

static bool mount_something(void)
{
    return mount("none", ".", "tmpfs", 0, NULL) == 0 && umount2(".", MNT_DETACH) == 0;
}

static bool unmount_something(void)
{
    return umount2("/proc", MNT_EXPIRE) == 0 || errno == EAGAIN || errno == EBUSY;
}

static bool enter_namespace(void)
{
    return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
}

static bool raise_limit(void)
{
    struct rlimit limit = {4096, 4096};
    return setrlimit(RLIMIT_CORE, &limit) == 0;
}

static bool become_another(void)
{
    return setuid(65534) == 0 && geteuid() == 65534;
}

static bool load_program(void)
{
    char attributes[128] = {0};
    return syscall(SYS_bpf, 0, attributes, sizeof attributes) >= 0 || errno == EINVAL;
}

static bool make_ring(void)
{
    char parameters[120] = {0};
    int fd = syscall(SYS_io_uring_setup, 1, parameters);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool use_keys(void)
{
    return syscall(SYS_keyctl, 0, -3, 0, 0, 0) >= 0;
}

static bool type_into_terminal(void)
{
    return ioctl(there, TIOCSTI, "x") == 0 || errno == ENOTTY;
}

/* ---- memory and time ---- */

static bool map_code(void)
{
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED)
        munmap(memory, 4096);
    return memory != MAP_FAILED;
}

static bool turn_into_code(void)
{
    static _Alignas(4096) char page[4096];
    return mprotect(page, sizeof page, PROT_READ | PROT_WRITE | PROT_EXEC) == 0 &&
           mprotect(page, sizeof page, PROT_READ | PROT_WRITE) == 0;
}

static bool use_memory(void)
{
    char *memory = malloc(64 << 20);
    if (memory == NULL)
        return false;
    memset(memory, 1, 64 << 20);
    memory = realloc(memory, 128 << 20);
    free(memory);
    return memory != NULL;
}

static bool look_at_clock(void)
{
    struct timespec time = {.tv_nsec = 1000};
    return clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL) == 0 &&
           syscall(SYS_clock_gettime, CLOCK_REALTIME, &time) == 0;
}

/* ---- who may do what ---- */

#define OPENING 1u /* bits: allowed in these stages */
#define SERVING 2u

/* And whether one wall alone prevents it. */
#define SECCOMP 4u
#define LANDLOCK 8u
#define CAPABILITIES 16u /* of root */
#define TOGETHER 32u     /* not one alone */

static const struct {
    const char *name;
    Attempt *attempt;
    unsigned bits;
} attempts[] = {
    {"read an open file", read_open_file, OPENING | SERVING},
    {"run threads", run_threads, OPENING | SERVING},
    {"use memory", use_memory, OPENING | SERVING},
    {"look at the clock", look_at_clock, OPENING | SERVING},

    {"open a file to read", open_to_read, OPENING | SECCOMP | LANDLOCK},
    {"list a directory", list, OPENING | SECCOMP | LANDLOCK},
    {"look at a name", look_at_name, OPENING | SECCOMP},

    {"open a file to write", open_to_write, SECCOMP | LANDLOCK},
    {"open a file to truncate it", open_to_truncate, SECCOMP | LANDLOCK},
    {"open a file to write, by openat2", open_otherwise_to_write, SECCOMP | LANDLOCK},
    {"open a file to truncate it, by openat2", open_otherwise_to_truncate, SECCOMP | LANDLOCK},
    {"create a file", create, SECCOMP | LANDLOCK},
    {"create a file without a name", create_nameless, SECCOMP | LANDLOCK},
    {"open a device", open_device, SECCOMP | LANDLOCK},
    {"remove a file", remove_file, SECCOMP | LANDLOCK},
    {"rename a file", rename_file, SECCOMP | LANDLOCK},
    {"link a file", link_file, SECCOMP | LANDLOCK},
    {"make a directory", make_directory, SECCOMP | LANDLOCK},
    {"truncate a file", truncate_file, SECCOMP | LANDLOCK},
    {"change a file's mode", change_mode, SECCOMP},
    {"change a file's owner", change_owner, SECCOMP | CAPABILITIES},
    {"duplicate a descriptor", duplicate, OPENING | SECCOMP},
    {"make a file in memory", make_memory_file, SECCOMP},

    {"execute a program", execute, SECCOMP | LANDLOCK},
    {"spawn a program", spawn, SECCOMP | LANDLOCK},
    {"fork", fork_process, SECCOMP},
    {"signal the parent", signal_parent, SECCOMP | LANDLOCK},
    {"signal a thread of the parent", signal_thread_of_parent, SECCOMP | LANDLOCK},
    {"look at the parent's limits", limit_parent, SECCOMP},
    {"have the parent signalled", have_parent_signalled, SECCOMP},
    {"trace the parent", trace_parent, SECCOMP | LANDLOCK},
    {"take a descriptor of the parent", read_parent, SECCOMP | LANDLOCK},

    {"send where a socket is connected", send_where_connected, OPENING | SERVING},
    {"send elsewhere", send_elsewhere, SECCOMP},
    {"make a socket", make_socket, SECCOMP},
    {"make a local socket", make_local_socket, SECCOMP},
    {"connect", connect_out, SECCOMP | LANDLOCK},

    {"mount", mount_something, SECCOMP | LANDLOCK | CAPABILITIES},
    {"unmount", unmount_something, SECCOMP | LANDLOCK | CAPABILITIES},
    {"enter a namespace", enter_namespace, SECCOMP},
    {"raise a limit", raise_limit, TOGETHER},
    {"become another user", become_another, SECCOMP | CAPABILITIES},
    {"load a program into the kernel", load_program, SECCOMP},
    {"make a ring of requests", make_ring, SECCOMP},
    {"use keys", use_keys, SECCOMP},
    {"type into the terminal", type_into_terminal, SECCOMP},
    {"map code", map_code, SECCOMP},
    {"turn data into code", turn_into_code, SECCOMP},
};

static const struct {
    const char *name;
    bool (*raise)(const UcSandbox *sandbox, GError **error);
    unsigned bit;
} walls[] = {
    {"landlock", uc_landlock_restrict, LANDLOCK},
    {"capabilities", uc_privileges_drop, CAPABILITIES},
    {"seccomp", uc_syscalls_restrict, SECCOMP},
};

static bool enter(const UcSandbox *sandbox, const char *wall, unsigned *bits, GError **error)
{
    if (strcmp(wall, "all") == 0) {
        *bits = SECCOMP | LANDLOCK | CAPABILITIES | TOGETHER;
        return uc_sandbox_enter(sandbox, error);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(walls); i++)
        if (strcmp(wall, walls[i].name) == 0) {
            *bits = walls[i].bit;
            return uc_privileges_renounce(sandbox, error) && walls[i].raise(sandbox, error);
        }
    return uc_error_set(error, UC_ERROR_USAGE, "there is no wall %s", wall);
}

/* What must succeed succeeds whatever is raised; what must not, fails if a wall prevents it. */
static int make_attempts(unsigned stage, unsigned bits)
{
    int wrong = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(attempts); i++) {
        bool allowed = (attempts[i].bits & stage) != 0;
        if (!allowed && (attempts[i].bits & bits) == 0)
            continue; /* nothing is said about it */
        errno = 0;
        if (attempts[i].attempt() == allowed)
            continue;
        printf("%s: %s\n", attempts[i].name, allowed ? strerror(errno) : "it can");
        wrong++;
    }
    return wrong;
}

static void *end_thread(void *data)
{
    pthread_exit(data);
}

/* Has the C library load what the ends of threads need, as fuse/worker.c does. */
static void prepare(void)
{
    pthread_t thread;
    socklen_t length = sizeof listener;
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    parent = getppid();
    pthread_create(&thread, NULL, end_thread, NULL);
    pthread_join(thread, NULL);
    bind(server, (struct sockaddr *)&listener, sizeof listener);
    listen(server, 1);
    getsockname(server, (struct sockaddr *)&listener, &length);
    client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    there = open("there", O_RDONLY | O_CLOEXEC);
    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, talkers);
    letters = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bind(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), (struct sockaddr *)&mailbox,
         sizeof mailbox);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    UcSandbox sandbox = {.mode = UC_SANDBOX_REQUIRE};
    unsigned bits = 0;
    if (argc != 3)
        return 2;
    sandbox.stage = strcmp(argv[1], "serving") == 0 ? UC_SANDBOX_SERVING : UC_SANDBOX_OPENING;
    prepare();
    if (!enter(&sandbox, argv[2], &bits, &error)) {
        printf("%s\n", error->message);
        return 77;
    }
    int wrong = make_attempts(sandbox.stage == UC_SANDBOX_SERVING ? SERVING : OPENING, bits);
    puts(wrong == 0 ? "it holds" : "it does not hold");
    return wrong != 0;
}
