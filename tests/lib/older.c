/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * To be preloaded: has the kernel's Landlock be as it was in an earlier version,
 *
 *     LANDLOCK=VERSION
 *
 * which says that it is of that version, and takes nothing that came later. What a program does not
 * ask it to forbid it does not forbid, as then.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/landlock.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The bits that version knows: of access to files, to the network, and of scopes. */
static void find_known(int version, uint64_t known[3])
{
    int files = version >= 5 ? 16 : version >= 3 ? 15 : 12 + version;
    known[0] = (UINT64_C(1) << files) - 1;
    known[1] = version >= 4 ? 3 : 0;
    known[2] = version >= 6 ? 3 : 0;
}

static bool is_known(int version, const uint64_t *asked, size_t size)
{
    uint64_t known[3];
    find_known(version, known);
    for (size_t i = 0; i < size / sizeof *asked; i++)
        if (asked[i] != 0 && (i >= 3 || (asked[i] & ~known[i]) != 0))
            return false;
    return true;
}

/* The real function. ISO C knows no way from an address to a function but this. */
static long call(long number, const long arguments[6])
{
    long (*real)(long, ...);
    void *found = dlsym(RTLD_NEXT, "syscall");
    memcpy(&real, &found, sizeof real);
    return real(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
                arguments[5]);
}

static long create_ruleset(int version, const long arguments[6])
{
    if ((arguments[2] & LANDLOCK_CREATE_RULESET_VERSION) != 0) {
        long real = call(SYS_landlock_create_ruleset, arguments);
        return real < version ? real : version;
    }
    if (is_known(version, (const uint64_t *)arguments[0], arguments[1]))
        return call(SYS_landlock_create_ruleset, arguments);
    errno = EINVAL;
    return -1;
}

long syscall(long number, ...)
{
    const char *version = getenv("LANDLOCK");
    long arguments[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++)
        arguments[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_landlock_create_ruleset && version != NULL)
        return create_ruleset(atoi(version), arguments);
    return call(number, arguments);
}
