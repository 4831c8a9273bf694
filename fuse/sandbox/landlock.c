/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's struct as of version 6 of the interface: Debian 12's headers have the first member.
 * An older kernel accepts the longer struct if what it does not know is 0. */
typedef struct Ruleset {
    uint64_t files;
    uint64_t network;
    uint64_t scope;
} Ruleset;

#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITING                                                                                    \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define BIND_AND_CONNECT 3    /* LANDLOCK_ACCESS_NET_BIND_TCP and _CONNECT_TCP */
#define SOCKETS_AND_SIGNALS 3 /* LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET and _SIGNAL */

/* glibc has no functions for these. */
static int create_ruleset(const Ruleset *ruleset, size_t size, uint32_t flags)
{
    return syscall(SYS_landlock_create_ruleset, ruleset, size, flags);
}

static bool add_rule(int ruleset, uint64_t allowed, const char *path)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = allowed,
                                              .parent_fd = open(path, O_PATH | O_CLOEXEC)};
    bool added = rule.parent_fd >= 0 &&
                 syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    if (rule.parent_fd >= 0)
        close(rule.parent_fd);
    return added;
}

/* All that a version of the interface can forbid. Not the ioctls of devices that are opened from
 * here on (the size of a disk is asked by one): seccomp names the few that there may be. */
static Ruleset everything(int version)
{
    int rights = version >= 3 ? 15 : version == 2 ? 14 : 13;
    return (Ruleset){.files = (UINT64_C(1) << rights) - 1,
                     .network = version >= 4 ? BIND_AND_CONNECT : 0,
                     .scope = version >= 6 ? SOCKETS_AND_SIGNALS : 0};
}

static bool add_rules(int ruleset, const Ruleset *forbidden, const UcSandbox *sandbox)
{
#ifdef UC_SANITIZED
    /* A sanitizer reads /proc and writes reports while the process ends. */
    (void)sandbox;
    return add_rule(ruleset, forbidden->files, "/");
#else
    if (sandbox->stage == UC_SANDBOX_SERVING)
        return true;
    return add_rule(ruleset, READING, "/") &&
           (sandbox->directory == NULL ||
            add_rule(ruleset, (READING | WRITING) & forbidden->files, sandbox->directory));
#endif
}

static bool restrict_to(const Ruleset *forbidden, const UcSandbox *sandbox)
{
    int ruleset = create_ruleset(forbidden, sizeof *forbidden, 0);
    if (ruleset < 0)
        return false;
    bool done = add_rules(ruleset, forbidden, sandbox) &&
                syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return done;
}

static const char *reason_of(int code)
{
    switch (code) {
    case ENOSYS:
        return "the kernel does not have it";
    case EOPNOTSUPP:
        return "it was switched off when the kernel started";
    default:
        return g_strerror(code);
    }
}

static int in_force; /* the version that restricts this process; 0: none */

bool uc_landlock_restrict(const UcSandbox *sandbox, GError **error)
{
    int version = create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version > 0) {
        const Ruleset forbidden = everything(version);
        if (restrict_to(&forbidden, sandbox)) {
            in_force = version;
            return true;
        }
    }
    return uc_error_set(error, UC_ERROR_FAILED, "%s", reason_of(errno));
}

int uc_landlock_version(void)
{
    return in_force;
}

bool uc_landlock_forbids_writing(void)
{
    return uc_landlock_version() >= 3;
}
