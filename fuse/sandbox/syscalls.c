/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/sandbox/syscalls.h"

#include "fuse/sandbox/landlock.h"

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/fuse.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Where the list was not tried, a call may be missing that every thread makes. */
#if defined(__x86_64__) || defined(__aarch64__)
#define IS_KNOWN_HERE true
#else
#define IS_KNOWN_HERE false
#endif

/* ---- the list ---- */

/* Calls that are allowed whatever their arguments are, which costs next to nothing: the kernel
 * keeps the answer. Names that a machine or a version of libseccomp does not know are passed over.
 */
static const char *const serving[] = {
    /* requests and answers, our other processes, the log */
    "read readv write writev poll ppoll close dup2 dup3",
    /* the images */
    "pread64 preadv preadv2 lseek fstat fadvise64",
    /* memory */
    "brk mremap munmap madvise",
    /* threads, how they wait and how they end */
    "futex futex_waitv futex_wait futex_wake futex_requeue membarrier rseq set_robust_list "
    "get_robust_list sched_yield sched_getaffinity gettid getpid getuid geteuid getgid getegid "
    "exit exit_group restart_syscall",
    /* signals */
    "rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack",
    /* the time, where the vDSO does not tell it; random numbers */
    "clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time getrandom",
    NULL,
};

static const char *const opening[] = {
    "stat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat getcwd "
    "chdir getdents getdents64 statfs fstatfs dup",
    /* a descriptor for each layer; one that comes from another process of ours; its end */
    "getrlimit setrlimit recvmsg wait4 waitid",
    /* the walls of the next stage */
    "prctl seccomp capget capset landlock_create_ruleset landlock_add_rule landlock_restrict_self",
    NULL,
};

/* If there is a directory for new files. */
static const char *const writing[] = {
    "open openat linkat rename renameat renameat2 unlink unlinkat fchmod fsync umask",
    NULL,
};

/* A sanitizer looks for leaks by stopping the process from another, names the places by starting a
 * program, and writes a report. */
static const char *const sanitizing[] = {
#ifdef UC_SANITIZED
    "open openat readlink readlinkat getcwd getdents getdents64 stat newfstatat access unlink "
    "fcntl dup "
    "ioctl mmap mprotect clone fork vfork execve wait4 ptrace process_vm_readv kill tgkill prctl "
    "pipe pipe2 socketpair recvmsg getppid getuid geteuid getgid getegid getrlimit setrlimit "
    "prlimit64 uname arch_prctl getrusage",
#endif
    NULL,
};

/* A call that is allowed if one argument, of which only the bits in `mask` count, has a value. */
typedef struct Condition {
    const char *call;
    unsigned argument;
    uint64_t mask;
    uint64_t value;
} Condition;

#define ALL UINT64_MAX
#define WRITING (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)

static const Condition serving_if[] = {
    {"clone", 0, CLONE_THREAD, CLONE_THREAD},
    {"mmap", 2, PROT_EXEC, 0},
    {"mprotect", 2, PROT_EXEC, 0},
    {"prctl", 0, ALL, PR_SET_NAME},
    {"newfstatat", 3, ALL, AT_EMPTY_PATH}, /* how Debian 12 makes fstat(3) */
    {"statx", 2, AT_EMPTY_PATH, AT_EMPTY_PATH},
    {"ioctl", 1, ALL, BLKGETSIZE64},
    {"fcntl", 1, ALL, F_OFD_SETLK}, /* to let go of images */
    {"sendto", 4, ALL, 0},          /* to where a socket is connected, nowhere else */
    {NULL},
};

static const Condition opening_if[] = {
    {"open", 1, WRITING, 0},
    {"openat", 2, WRITING, 0},
    {"fcntl", 1, ALL, F_DUPFD_CLOEXEC},
    {"fcntl", 1, ALL, F_GETFD},
    {"fcntl", 1, ALL, F_SETFD},
    {"fcntl", 1, ALL, F_GETFL},
    {"fcntl", 1, ALL, F_OFD_GETLK},
    {"prlimit64", 0, ALL, 0},      /* of this process */
    {"ioctl", 1, ALL, TCGETS},     /* is this a terminal, */
    {"ioctl", 1, ALL, TIOCGWINSZ}, /* and how wide? */
#ifdef FUSE_DEV_IOC_BACKING_OPEN
    {"ioctl", 1, ALL, FUSE_DEV_IOC_BACKING_OPEN},
#endif
    {NULL},
};

/* ---- making a filter of it; libseccomp answers 0 or minus an errno ---- */

static int add(scmp_filter_ctx filter, uint32_t action, const char *name,
               const struct scmp_arg_cmp *condition)
{
    int number = seccomp_syscall_resolve_name(name);
    if (number < 0)
        return 0;
    int result = seccomp_rule_add_array(filter, action, number, condition != NULL, condition);
    return result == -EEXIST ? 0 : result; /* allowed by another rule */
}

static int add_line(scmp_filter_ctx filter, const char *line)
{
    g_auto(GStrv) names = g_strsplit(line, " ", -1);
    int result = 0;
    for (char **name = names; *name != NULL && result == 0; name++)
        result = add(filter, SCMP_ACT_ALLOW, *name, NULL);
    return result;
}

static int add_lines(scmp_filter_ctx filter, const char *const *lines)
{
    int result = 0;
    for (; *lines != NULL && result == 0; lines++)
        result = add_line(filter, *lines);
    return result;
}

static int add_conditions(scmp_filter_ctx filter, const Condition *condition)
{
    int result = 0;
    for (; condition->call != NULL && result == 0; condition++) {
        struct scmp_arg_cmp compare =
            SCMP_CMP(condition->argument, SCMP_CMP_MASKED_EQ, condition->mask, condition->value);
        result = add(filter, SCMP_ACT_ALLOW, condition->call, &compare);
    }
    return result;
}

/* A thread may signal its like, not other processes. The flags of clone3 are out of a filter's
 * sight; told that it does not exist, the C library uses clone. */
static int add_threads(scmp_filter_ctx filter)
{
    struct scmp_arg_cmp own = SCMP_CMP(0, SCMP_CMP_EQ, getpid());
    int result = add(filter, SCMP_ACT_ALLOW, "tgkill", &own);
    return result == 0 ? add(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3", NULL) : result;
}

/* The flags of openat2 are out of a filter's sight, too. Where nothing else keeps files from being
 * written, the program has to do with openat. */
static int add_openat2(scmp_filter_ctx filter, const UcSandbox *sandbox)
{
    bool allowed = uc_landlock_forbids_writing() || sandbox->keep_openat2;
    return add(filter, allowed ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(ENOSYS), "openat2", NULL);
}

/* Calls without a condition go first: what follows adds nothing to them. */
static int fill(scmp_filter_ctx filter, const UcSandbox *sandbox)
{
    bool is_opening = sandbox->stage == UC_SANDBOX_OPENING;
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a binary tree */
    int result = add_lines(filter, sanitizing);
    if (result == 0 && is_opening && sandbox->directory != NULL)
        result = add_lines(filter, writing);
    if (result == 0 && is_opening)
        result = add_lines(filter, opening);
    if (result == 0 && is_opening)
        result = add_openat2(filter, sandbox);
    if (result == 0)
        result = add_lines(filter, serving);
    if (result == 0 && is_opening)
        result = add_conditions(filter, opening_if);
    if (result == 0)
        result = add_conditions(filter, serving_if);
    return result == 0 ? add_threads(filter) : result;
}

/* libseccomp says so of every error that is the kernel's. */
static const char *reason_of(int code)
{
    return code == ECANCELED ? "the kernel does not take a filter" : g_strerror(code);
}

bool uc_syscalls_restrict(const UcSandbox *sandbox, GError **error)
{
    if (!IS_KNOWN_HERE)
        return uc_error_set(error, UC_ERROR_FAILED, "there is no list of calls for this machine");
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (filter == NULL)
        return uc_error_set(error, UC_ERROR_MEMORY, "not enough memory");
    int result = fill(filter, sandbox);
    if (result == 0)
        result = seccomp_load(filter);
    seccomp_release(filter);
    return result == 0 || uc_error_set(error, UC_ERROR_FAILED, "%s", reason_of(-result));
}
