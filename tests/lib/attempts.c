/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/lib/attempts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
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
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t parent;
static bool own_mounts; /* nobody else misses what is unmounted */
static int there;       /* opened before */
static int terminal;
static int client;     /* TCP sockets made before: one to connect, */
static int server;     /* one to bind */
static int talkers[2]; /* two that are connected to each other */
static int letters;    /* one that is not connected, and whom to send to */
static struct sockaddr_in listener = {.sin_family = AF_INET};
static struct sockaddr_un mailbox = {.sun_family = AF_UNIX, .sun_path = "mailbox"};
static struct sockaddr_un abstract = {.sun_family = AF_UNIX};
static socklen_t abstract_length = sizeof abstract;

/* Whether there is such a descriptor; it is not needed. */
static bool got(int fd)
{
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* ---- files ---- */

static bool opened(const char *name, int flags)
{
    return got(open(name, flags | O_CLOEXEC, 0600));
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
    return got(syscall(SYS_openat2, AT_FDCWD, "there", &how, sizeof how));
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
    return opened("/dev/null", O_RDWR);
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
    return got(dup(there));
}

static bool make_memory_file(void)
{
    return got(memfd_create("captive", MFD_CLOEXEC));
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
    char *const arguments[] = {(char *)"true", NULL};
    execv("/bin/true", arguments);
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
    return fd >= 0 && got(syscall(SYS_pidfd_getfd, fd, 0, 0));
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
    return got(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static bool make_local_socket(void)
{
    int ends[2];
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 && got(ends[0]) &&
           got(ends[1]);
}

static bool connect_out(void)
{
    return connect(client, (struct sockaddr *)&listener, sizeof listener) == 0;
}

static bool bind_port(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    return bind(server, (struct sockaddr *)&any, sizeof any) == 0;
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

static bool send_to_abstract(void)
{
    return sendto(letters, "x", 1, 0, (struct sockaddr *)&abstract, abstract_length) == 1;
}

/* ---- the system ---- */

static bool mount_something(void)
{
    return mount("none", ".", "tmpfs", 0, NULL) == 0 && umount2(".", MNT_DETACH) == 0;
}

static bool unmount_something(void)
{
    if (own_mounts)
        return umount2("/proc", MNT_DETACH) == 0;
    errno = EPERM;
    return false;
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
    const struct bpf_insn program[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
                                       {.code = BPF_JMP | BPF_EXIT}};
    union bpf_attr load = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
                           .insns = (uintptr_t)program,
                           .insn_cnt = 2,
                           .license = (uintptr_t) "GPL"};
    return got(syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load));
}

static bool make_ring(void)
{
    char parameters[120] = {0};
    return got(syscall(SYS_io_uring_setup, 1, parameters));
}

static bool use_keys(void)
{
    return syscall(SYS_keyctl, 0, -3, 0, 0, 0) >= 0;
}

static bool type_into_terminal(void)
{
    return ioctl(terminal, TIOCSTI, "x") == 0;
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
    char *memory = malloc(8 << 20);
    if (memory == NULL)
        return false;
    memset(memory, 1, 8 << 20);
    memory = realloc(memory, 16 << 20);
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

const Attempt attempts[] = {
    {"read an open file", read_open_file, OPENING | SERVING},
    {"run threads", run_threads, OPENING | SERVING},
    {"use memory", use_memory, OPENING | SERVING},
    {"look at the clock", look_at_clock, OPENING | SERVING},

    {"open a file to read", open_to_read, OPENING | SECCOMP | LANDLOCK},
    {"list a directory", list, OPENING | SECCOMP | LANDLOCK},
    {"look at a name", look_at_name, OPENING | SECCOMP},

    {"open a file to write", open_to_write, SECCOMP | LANDLOCK},
    {"open a file to truncate it", open_to_truncate, SECCOMP | LANDLOCK, 3},
    {"open a file to write, by openat2", open_otherwise_to_write, SECCOMP | LANDLOCK | OPTIONAL},
    {"open a file to truncate it, by openat2", open_otherwise_to_truncate,
     SECCOMP | LANDLOCK | OPTIONAL, 3},
    {"create a file", create, SECCOMP | LANDLOCK},
    {"create a file without a name", create_nameless, SECCOMP | LANDLOCK | OPTIONAL},
    {"open a device", open_device, SECCOMP | LANDLOCK},
    {"remove a file", remove_file, SECCOMP | LANDLOCK},
    {"rename a file", rename_file, SECCOMP | LANDLOCK},
    {"link a file", link_file, SECCOMP | LANDLOCK},
    {"make a directory", make_directory, SECCOMP | LANDLOCK},
    {"truncate a file", truncate_file, SECCOMP | LANDLOCK, 3},
    {"change a file's mode", change_mode, SECCOMP},
    {"change a file's owner", change_owner, SECCOMP | CAPABILITIES},
    {"duplicate a descriptor", duplicate, OPENING | SECCOMP},
    {"make a file in memory", make_memory_file, SECCOMP},

    {"execute a program", execute, SECCOMP | LANDLOCK},
    {"spawn a program", spawn, SECCOMP | LANDLOCK},
    {"fork", fork_process, SECCOMP},
    {"signal the parent", signal_parent, SECCOMP | LANDLOCK, 6},
    {"signal a thread of the parent", signal_thread_of_parent, SECCOMP | LANDLOCK, 6},
    {"look at the parent's limits", limit_parent, SECCOMP},
    {"have the parent signalled", have_parent_signalled, SECCOMP},
    {"trace the parent", trace_parent, SECCOMP | LANDLOCK | OPTIONAL},
    {"take a descriptor of the parent", read_parent, SECCOMP | LANDLOCK | OPTIONAL},

    {"send where a socket is connected", send_where_connected, OPENING | SERVING},
    {"send elsewhere", send_elsewhere, SECCOMP},
    {"send to an abstract socket", send_to_abstract, SECCOMP | LANDLOCK, 6},
    {"make a socket", make_socket, SECCOMP},
    {"make a local socket", make_local_socket, SECCOMP},
    {"connect", connect_out, SECCOMP | LANDLOCK, 4},
    {"bind to a port", bind_port, SECCOMP | LANDLOCK, 4},

    {"mount", mount_something, SECCOMP | LANDLOCK | CAPABILITIES | OPTIONAL},
    {"unmount", unmount_something, SECCOMP | LANDLOCK | CAPABILITIES | OPTIONAL},
    {"enter a namespace", enter_namespace, SECCOMP | OPTIONAL},
    {"raise a limit", raise_limit, TOGETHER},
    {"become another user", become_another, SECCOMP | CAPABILITIES},
    {"load a program into the kernel", load_program, SECCOMP | OPTIONAL},
    {"make a ring of requests", make_ring, SECCOMP | OPTIONAL},
    {"use keys", use_keys, SECCOMP | OPTIONAL},
    {"type into the terminal", type_into_terminal, SECCOMP | OPTIONAL},
    {"map code", map_code, SECCOMP},
    {"turn data into code", turn_into_code, SECCOMP},
    {NULL},
};

/* ---- what is there before ---- */

static void *end_thread(void *data)
{
    pthread_exit(data);
}

/* Has the C library load what the ends of threads need, as fuse/worker.c does. */
static void load_unwinder(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, end_thread, NULL);
    pthread_join(thread, NULL);
}

static void have_own_mounts(void)
{
    own_mounts = unshare(CLONE_NEWNS) == 0;
    if (own_mounts && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        abort(); /* what is unmounted here would be unmounted for all */
}

static void open_terminal(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    unlockpt(master);
    terminal = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

static void listen_to_tcp(void)
{
    socklen_t length = sizeof listener;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bind(fd, (struct sockaddr *)&listener, length);
    listen(fd, 1);
    getsockname(fd, (struct sockaddr *)&listener, &length);
}

static void wait_for_letters(void)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bind(fd, (struct sockaddr *)&mailbox, sizeof mailbox);
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bind(fd, (struct sockaddr *)&abstract, sizeof abstract.sun_family); /* the kernel names it */
    getsockname(fd, (struct sockaddr *)&abstract, &abstract_length);
}

void attempts_prepare(void)
{
    parent = getppid();
    load_unwinder();
    have_own_mounts();
    open_terminal();
    listen_to_tcp();
    wait_for_letters();
    there = open("there", O_RDONLY | O_CLOEXEC);
    client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    letters = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, talkers);
}
