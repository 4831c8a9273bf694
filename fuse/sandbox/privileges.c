/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/sandbox/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool finish(bool done, GError **error)
{
    return done || uc_error_set(error, UC_ERROR_FAILED, "%s", g_strerror(errno));
}

bool uc_privileges_renounce(const UcSandbox *sandbox, GError **error)
{
    (void)sandbox;
    return finish(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, error);
}

/* ---- capabilities ---- */

/* Only root may shrink the bounding set; without new privileges nothing comes out of it anyway. */
static void empty_bounding_set(void)
{
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

/* glibc has no functions for these; libcap would be one more library. */
static bool keep(const uint32_t kept[_LINUX_CAPABILITY_U32S_3])
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, sets) != 0)
        return false;
    for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        sets[i].permitted &= kept[i];
        sets[i].effective &= kept[i];
        sets[i].inheritable = 0;
    }
    return syscall(SYS_capset, &header, sets) == 0;
}

static void add_capability(uint32_t kept[_LINUX_CAPABILITY_U32S_3], int capability)
{
    kept[CAP_TO_INDEX(capability)] |= CAP_TO_MASK(capability);
}

bool uc_privileges_drop(const UcSandbox *sandbox, GError **error)
{
    uint32_t kept[_LINUX_CAPABILITY_U32S_3] = {0};
    if (sandbox->stage == UC_SANDBOX_OPENING)
        add_capability(kept, CAP_DAC_READ_SEARCH);
    if (sandbox->stage == UC_SANDBOX_OPENING && sandbox->directory != NULL)
        add_capability(kept, CAP_DAC_OVERRIDE);
    if (sandbox->stage == UC_SANDBOX_OPENING && sandbox->keep_admin)
        add_capability(kept, CAP_SYS_ADMIN);
    empty_bounding_set();
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); /* empty before Linux 4.3 */
    return finish(keep(kept), error);
}

/* ---- limits ---- */

static bool limit(int resource, rlim_t most)
{
    struct rlimit now;
    if (getrlimit(resource, &now) != 0)
        return false;
    now.rlim_cur = MIN(now.rlim_cur, most);
    now.rlim_max = MIN(now.rlim_max, most);
    return setrlimit(resource, &now) == 0;
}

/* The log of a mount in the foreground may be a file. */
static bool logs_to_file(void)
{
    struct stat stat;
    return fstat(STDERR_FILENO, &stat) == 0 && S_ISREG(stat.st_mode);
}

/* The standard streams have the descriptors 0 to 2, so that below 3 none is free. (What is open
 * stays open; poll(2) wants the limit to be no less than the number of descriptors it gets.) */
bool uc_privileges_limit(const UcSandbox *sandbox, GError **error)
{
    bool done = limit(RLIMIT_CORE, 0);
#ifndef UC_SANITIZED
    if (sandbox->stage == UC_SANDBOX_SERVING)
        done = done && limit(RLIMIT_NOFILE, 3) && (logs_to_file() || limit(RLIMIT_FSIZE, 0));
#else
    (void)sandbox, (void)logs_to_file;
#endif
    return finish(done, error);
}
