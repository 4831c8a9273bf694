/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/root.h"

#include "core/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How often the kernel is asked again when a directory was moved while it looked. */
#define MOST_TRIES 100

struct UcRoot {
    int fd;
    char *given; /* as it was said, without slashes at the end */
    char *real;  /* absolute, without links */
};

static int open_below(int directory, const char *name, int flags, uint64_t resolve)
{
    struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = resolve};
    int fd = -1, tries = 0;

    do
        fd = syscall(SYS_openat2, directory, name, &how, sizeof how);
    while (fd < 0 && errno == EAGAIN && ++tries < MOST_TRIES);
    return fd;
}

static char *without_slashes(const char *directory)
{
    size_t length = strlen(directory);

    while (length > 1 && directory[length - 1] == '/')
        length--;
    return g_strndup(directory, length);
}

UcRoot *uc_root_new(const char *directory, GError **error)
{
    g_autoptr(UcRoot) root = g_new0(UcRoot, 1);
    g_autofree char *shown = uc_text_escape(directory, -1);

    root->given = without_slashes(directory);
    root->real = realpath(directory, NULL);
    root->fd = open_below(AT_FDCWD, directory, O_PATH | O_DIRECTORY, 0);
    if (root->fd >= 0 && root->real)
        return g_steal_pointer(&root);
    if (errno == ENOSYS)
        uc_error_set(error, UC_ERROR_FAILED, "--root needs openat2, which came with Linux 5.6");
    else
        uc_error_set(error, UC_ERROR_FAILED, "--root '%s': %s", shown, g_strerror(errno));
    return NULL;
}

void uc_root_free(UcRoot *root)
{
    if (!root)
        return;
    if (root->fd >= 0)
        close(root->fd);
    g_free(root->given);
    g_free(root->real);
    g_free(root);
}

const char *uc_root_name(const UcRoot *root)
{
    return root->given;
}

/* What follows the directory in a path that begins with it; else NULL. */
static const char *rest_of(const char *path, const char *directory)
{
    size_t length = strlen(directory);

    if (strncmp(path, directory, length) != 0 ||
        (path[length] != '/' && directory[length - 1] != '/'))
        return NULL;
    return path + length + strspn(path + length, "/");
}

/* The real directory that a name counts from; *rest is the name as seen from there. */
static char *start_of(const char *name, const char *beside, const char **rest)
{
    const char *slash = strrchr(beside, '/');
    size_t length = slash ? slash + 1 - beside : 0;
    g_autofree char *directory = NULL;

    if (strncmp(name, beside, length) != 0)
        length = 0;
    *rest = name + length;
    if (length > 0)
        directory = g_strndup(name, length);
    return realpath(directory ? directory : name[0] == '/' ? "/" : ".", NULL);
}

/* A real directory has one parent: every ".." that comes first can be taken as a text. */
static char *climb(char *directory, const char **rest)
{
    for (;;) {
        *rest += strspn(*rest, "/");
        if (g_str_has_prefix(*rest, "./")) {
            *rest += 2;
        } else if (g_str_has_prefix(*rest, "../")) {
            char *parent = g_path_get_dirname(directory);

            g_free(directory);
            directory = parent;
            *rest += 3;
        } else {
            return directory;
        }
    }
}

/* The name as an absolute one. */
static char *place_of(const char *name, const char *beside)
{
    const char *rest;
    g_autofree char *directory = start_of(name, beside, &rest);

    if (!directory)
        return NULL;
    directory = climb(g_steal_pointer(&directory), &rest);
    return g_strconcat(directory, directory[1] ? "/" : "", rest, NULL);
}

int uc_root_open(const UcRoot *root, const char *beside, const char *name, int flags)
{
    const char *rest = rest_of(name, root->given);
    g_autofree char *place = rest ? NULL : place_of(name, beside);

    if (!rest && !place)
        return -1;
    if (!rest)
        rest = rest_of(place, root->real);
    if (!rest) {
        errno = EXDEV;
        return -1;
    }
    return open_below(root->fd, rest, flags, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
}
