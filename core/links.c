/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/links.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define MOST_LINKS 40 /* as the kernel has it */
#define GOES_ON (-2)

typedef struct Walk {
    int at;        /* the directory where it stands, owned; or AT_FDCWD */
    GString *left; /* of the name */
    unsigned links;
} Walk;

static void move_to(Walk *walk, int directory)
{
    if (walk->at >= 0)
        close(walk->at);
    walk->at = directory;
}

static bool is_in_proc(int fd)
{
    struct statfs stat;

    return fstatfs(fd, &stat) != 0 || stat.f_type == PROC_SUPER_MAGIC;
}

static bool is_link(int fd)
{
    struct stat stat;

    return fstat(fd, &stat) == 0 && S_ISLNK(stat.st_mode);
}

/* Puts what a link says where its name was. */
static int follow(Walk *walk, int link, bool is_directory)
{
    char target[PATH_MAX];
    ssize_t length = readlinkat(link, "", target, sizeof target);

    if (is_in_proc(link) || ++walk->links > MOST_LINKS)
        errno = ELOOP;
    else if (length == 0 || length == sizeof target)
        errno = length ? ENAMETOOLONG : ENOENT;
    else if (length > 0) {
        g_string_prepend(walk->left, is_directory ? "/" : "");
        g_string_prepend_len(walk->left, target, length);
        return GOES_ON;
    }
    return -1;
}

/* Cuts the next component off. What ends with a slash must be a directory. */
static char *take_part(Walk *walk, bool *is_directory)
{
    const char *left = walk->left->str;
    size_t length = strcspn(left, "/"), gap = strspn(left + length, "/");
    char *part = g_strndup(length > 0 ? left : ".", MAX(length, 1));

    *is_directory = gap > 0;
    g_string_erase(walk->left, 0, length + gap);
    return part;
}

/* The descriptor when it has arrived, or GOES_ON. */
static int step(Walk *walk, int flags)
{
    bool is_directory;
    int found, result;

    if (walk->left->str[0] == '/')
        move_to(walk, open("/", O_PATH | O_CLOEXEC));
    g_string_erase(walk->left, 0, strspn(walk->left->str, "/"));
    g_autofree char *part = take_part(walk, &is_directory);

    found = openat(walk->at, part, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (found >= 0 && !is_link(found) && walk->left->len > 0) {
        move_to(walk, found);
        return GOES_ON;
    }
    if (found < 0)
        return -1;
    result = is_link(found)
                 ? follow(walk, found, is_directory)
                 : openat(walk->at, part,
                          flags | O_NOFOLLOW | O_CLOEXEC | (is_directory ? O_DIRECTORY : 0));
    close(found);
    return result;
}

int uc_links_open(const char *name, int flags)
{
    Walk walk = {.at = AT_FDCWD, .left = g_string_new(name)};
    int fd = GOES_ON, cause = 0;

    if (*name == '\0') {
        errno = ENOENT;
        fd = -1;
    }
    while (fd == GOES_ON)
        fd = step(&walk, flags);
    cause = errno;
    move_to(&walk, AT_FDCWD);
    g_string_free(walk.left, TRUE);
    errno = cause;
    return fd;
}
