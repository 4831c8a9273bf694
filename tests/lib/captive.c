/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can a process in the sandbox do?
 *
 *     captive STAGE WALL     STAGE: opening, serving; WALL: all, or the only one to raise
 *     captive free           raises none; needs root
 *
 * The first makes every attempt of attempts.h, and says which of them went otherwise than is
 * written there. In the directory it is started in it needs a file `there`.
 *
 * That something is denied proves nothing if it would have failed anyway. So the second makes the
 * same attempts without walls, each in a process and a directory of its own, because some cannot be
 * undone, and says which of them fail: it must be none, but for what this machine does not have.
 */
#include "tests/lib/attempts.h"

#include "fuse/sandbox/landlock.h"
#include "fuse/sandbox/privileges.h"
#include "fuse/sandbox/syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int conclude(int wrong, const char *good, const char *bad)
{
    puts(wrong == 0 ? good : bad);
    return wrong != 0;
}

/* ---- in the sandbox ---- */

static const struct {
    const char *name;
    bool (*raise)(const UcSandbox *sandbox, GError **error);
    unsigned bit;
} walls[] = {
    {"landlock", uc_landlock_restrict, LANDLOCK},
    {"capabilities", uc_privileges_drop, CAPABILITIES},
    {"seccomp", uc_syscalls_restrict, SECCOMP},
};

static bool enter(const UcSandbox *sandbox, const char *wall, unsigned *raised, GError **error)
{
    if (strcmp(wall, "all") == 0) {
        *raised = SECCOMP | LANDLOCK | CAPABILITIES | TOGETHER;
        return uc_sandbox_enter(sandbox, error);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(walls); i++)
        if (strcmp(wall, walls[i].name) == 0) {
            *raised = walls[i].bit;
            return uc_privileges_renounce(sandbox, error) && walls[i].raise(sandbox, error);
        }
    return uc_error_set(error, UC_ERROR_USAGE, "there is no wall %s", wall);
}

static bool is_prevented(const Attempt *attempt, unsigned raised)
{
    unsigned walls_against_it = attempt->bits & raised;
    if (uc_landlock_version() < attempt->landlock)
        walls_against_it &= ~LANDLOCK;
    return walls_against_it != 0;
}

/* What must succeed succeeds whatever is raised; what must not, fails if a wall prevents it. */
static int attempt_all(unsigned stage, unsigned raised)
{
    int wrong = 0;
    for (const Attempt *attempt = attempts; attempt->name != NULL; attempt++) {
        bool allowed = (attempt->bits & stage) != 0;
        if (!allowed && !is_prevented(attempt, raised))
            continue; /* nothing is said about it */
        errno = 0;
        if (attempt->make() == allowed)
            continue;
        printf("%s: %s\n", attempt->name, allowed ? strerror(errno) : "it can");
        wrong++;
    }
    return conclude(wrong, "it holds", "it does not hold");
}

static int run_captive(const char *stage, const char *wall)
{
    g_autoptr(GError) error = NULL;
    UcSandbox sandbox = {.mode = UC_SANDBOX_REQUIRE, .stage = UC_SANDBOX_OPENING};
    unsigned raised = 0;
    if (strcmp(stage, "serving") == 0)
        sandbox.stage = UC_SANDBOX_SERVING;
    attempts_prepare();
    if (!enter(&sandbox, wall, &raised, &error)) {
        printf("%s\n", error->message);
        return 77;
    }
    return attempt_all(sandbox.stage == UC_SANDBOX_SERVING ? SERVING : OPENING, raised);
}

/* ---- without walls ---- */

static void make_directory(const char *name)
{
    if (mkdir(name, 0700) != 0 || chdir(name) != 0)
        abort();
    FILE *file = fopen("there", "w");
    fputs("contents\n", file);
    fclose(file);
}

/* Returns 0 or an errno. One succeeds by becoming a program, which then returns 0. */
static int attempt_alone(const Attempt *attempt)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        make_directory(attempt->name);
        attempts_prepare();
        errno = 0;
        _exit(attempt->make() ? 0 : errno != 0 ? errno : ECANCELED);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : ECANCELED;
}

static bool is_lacking(const Attempt *attempt, int reason)
{
    return (attempt->bits & OPTIONAL) != 0 &&
           (reason == ENOSYS || reason == EOPNOTSUPP || reason == EPERM || reason == ENOSPC);
}

static int run_free(void)
{
    int wrong = 0;
    for (const Attempt *attempt = attempts; attempt->name != NULL; attempt++) {
        int reason = attempt_alone(attempt);
        if (reason == 0)
            continue;
        bool lacking = is_lacking(attempt, reason);
        printf("%s%s: %s\n", lacking ? "not tried: " : "", attempt->name, strerror(reason));
        wrong += !lacking;
    }
    return conclude(wrong, "all can be done", "that cannot be done without walls, either");
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0); /* children inherit what is not written yet */
    if (argc == 2 && strcmp(argv[1], "free") == 0)
        return run_free();
    return argc == 3 ? run_captive(argv[1], argv[2]) : 2;
}
