/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A crowd that reads one file at the same time:
 *
 *     crowd FILE EXPECTED PROCESSES THREADS READS
 *
 * In each of so many processes so many threads open FILE, each for itself. It says "open", waits
 * for a line of input, and all of them read so many times, from places all over the file. It says
 * how many bytes were right, as EXPECTED has them, waits for a line again, and all close.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK (64 << 10)
#define LARGEST (16 << 10)

typedef struct Crowd {
    pthread_barrier_t barrier; /* of all threads and whoever commands them */
    atomic_uint next;          /* the number of the next thread */
    atomic_ullong right;       /* bytes */
    atomic_uint wrong;         /* reads */
} Crowd;

static const char *path;
static const char *expected;
static uint64_t size;
static int reads;
static Crowd *crowd;

static void complain(const char *what, uint64_t offset)
{
    if (atomic_fetch_add(&crowd->wrong, 1) < 10)
        fprintf(stderr, "crowd: %s at %llu: %s\n", what, (unsigned long long)offset,
                strerror(errno));
}

/* A cheap generator that is good enough to spread them. */
static uint64_t draw(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = (*state ^ (*state >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    return mixed ^ (mixed >> 27);
}

static void read_once(int fd, uint64_t *state)
{
    static __thread char buffer[LARGEST];
    uint64_t offset = draw(state) % size;
    size_t length = draw(state) % LARGEST + 1;
    if (length > size - offset)
        length = size - offset;
    errno = 0;
    if (pread(fd, buffer, length, offset) != (ssize_t)length)
        complain("not read", offset);
    else if (memcmp(buffer, expected + offset, length) != 0)
        complain("wrong bytes", offset);
    else
        atomic_fetch_add(&crowd->right, length);
}

static void *be_one(void *nothing)
{
    uint64_t state = atomic_fetch_add(&crowd->next, 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        complain("not opened", 0);
    pthread_barrier_wait(&crowd->barrier); /* open */
    pthread_barrier_wait(&crowd->barrier); /* go */
    for (int i = 0; i < reads; i++)
        read_once(fd, &state);
    pthread_barrier_wait(&crowd->barrier); /* done */
    pthread_barrier_wait(&crowd->barrier); /* leave */
    close(fd);
    return nothing;
}

static void give_up(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static void be_process(int threads)
{
    pthread_t *all = calloc(threads, sizeof *all);
    pthread_attr_t attributes;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    for (int i = 0; i < threads; i++)
        if ((errno = pthread_create(&all[i], &attributes, be_one, NULL)) != 0)
            give_up("crowd: pthread_create");
    for (int i = 0; i < threads; i++)
        pthread_join(all[i], NULL);
    exit(EXIT_SUCCESS);
}

static void load(const char *name)
{
    struct stat stat;
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &stat) != 0)
        give_up(name);
    size = stat.st_size;
    expected = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    if (expected == MAP_FAILED)
        give_up(name);
    close(fd);
}

static void make_crowd(unsigned people)
{
    pthread_barrierattr_t shared;
    crowd = mmap(NULL, sizeof *crowd, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (crowd == MAP_FAILED)
        give_up("crowd: mmap");
    pthread_barrierattr_init(&shared);
    pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&crowd->barrier, &shared, people + 1);
}

static void raise_limits(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NPROC, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NPROC, &limit);
}

static void pass_barrier(const char *word)
{
    pthread_barrier_wait(&crowd->barrier);
    printf("%s %llu bytes right, %u reads wrong\n", word, atomic_load(&crowd->right),
           atomic_load(&crowd->wrong));
    fflush(stdout);
}

static void wait_for_line(void)
{
    while (getchar() != '\n' && !feof(stdin))
        ;
    pthread_barrier_wait(&crowd->barrier);
}

/* Somebody who could not come would be waited for, for ever. */
static void on_child(int signal)
{
    int status;
    (void)signal;
    while (waitpid(-1, &status, WNOHANG) > 0)
        if (status != 0)
            _exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
    if (argc != 6)
        return 2;
    int processes = atoi(argv[3]), threads = atoi(argv[4]);
    path = argv[1];
    reads = atoi(argv[5]);
    raise_limits();
    load(argv[2]);
    make_crowd((unsigned)processes * threads);
    signal(SIGCHLD, on_child);
    for (int i = 0; i < processes; i++) {
        pid_t child = fork();
        if (child < 0)
            give_up("crowd: fork");
        if (child == 0)
            be_process(threads);
    }
    pass_barrier("open");
    wait_for_line();
    pass_barrier("done");
    wait_for_line();
    while (wait(NULL) > 0 || errno == EINTR)
        ;
    return EXIT_SUCCESS;
}
