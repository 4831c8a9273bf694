/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/new_file.h"

#include "core/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool set_error(GError **error, const char *name, const char *reason)
{
    g_autofree char *shown = uc_text_escape(name, -1);
    return uc_error_set(error, UC_ERROR_FAILED, "cannot write '%s': %s", shown, reason);
}

/* Whether what stands there may be replaced. */
static bool check_target(const char *name, const UcGraph *graph, GError **error)
{
    struct stat there;
    if (stat(name, &there) != 0)
        return errno == ENOENT || set_error(error, name, g_strerror(errno));
    if (!S_ISREG(there.st_mode))
        return set_error(error, name, "it is not a regular file");
    for (guint i = 0; i < graph->files->len; i++) {
        const UcHostFile *file = g_ptr_array_index(graph->files, i);
        if (file->stat.st_dev == there.st_dev && file->stat.st_ino == there.st_ino)
            return set_error(error, name, "the image stands on that file");
    }
    return true;
}

static mode_t usual_mode(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static int open_named(UcNewFile *file)
{
    file->temporary = g_strconcat(file->name, ".XXXXXX", NULL);
    int fd = mkostemp(file->temporary, O_CLOEXEC);
    if (fd >= 0)
        fchmod(fd, usual_mode());
    else
        g_clear_pointer(&file->temporary, g_free);
    return fd;
}

static int open_nameless(const UcNewFile *file)
{
    g_autofree char *directory = g_path_get_dirname(file->name);
    return open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
}

/* Where a symbolic link of that name leads; the caller frees. */
static char *follow(const char *name)
{
    char *target = realpath(name, NULL);
    char *followed = g_strdup(target != NULL ? target : name);
    free(target);
    return followed;
}

char *uc_new_file_directory(const char *name)
{
    g_autofree char *followed = follow(name);
    return g_path_get_dirname(followed);
}

UcNewFile *uc_new_file_open(const char *name, const UcGraph *graph, GError **error)
{
    if (!check_target(name, graph, error))
        return NULL;
    g_autoptr(UcNewFile) file = g_new0(UcNewFile, 1);
    file->name = follow(name);
    int fd = open_nameless(file);
    if (fd < 0)
        fd = open_named(file);
    if (fd < 0 || (file->out = fdopen(fd, "w")) == NULL) {
        set_error(error, name, g_strerror(errno));
        return NULL;
    }
    return g_steal_pointer(&file);
}

/* Only a name can take the place of a name. */
static bool give_temporary_name(UcNewFile *file)
{
    if (file->temporary != NULL)
        return true;
    g_autofree char *self = g_strdup_printf("/proc/self/fd/%d", fileno(file->out));
    g_autofree char *name = g_strdup_printf("%s.%06x", file->name, g_random_int_range(0, 1 << 24));
    if (linkat(AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW) != 0)
        return false;
    file->temporary = g_steal_pointer(&name);
    return true;
}

bool uc_new_file_finish(UcNewFile *file, GError **error)
{
    bool done = fflush(file->out) == 0 && !ferror(file->out) && fsync(fileno(file->out)) == 0 &&
                give_temporary_name(file) && rename(file->temporary, file->name) == 0;
    if (done)
        g_clear_pointer(&file->temporary, g_free);
    else
        set_error(error, file->name, g_strerror(errno));
    uc_new_file_abandon(file);
    return done;
}

void uc_new_file_abandon(UcNewFile *file)
{
    if (file->out != NULL)
        fclose(file->out);
    if (file->temporary != NULL)
        unlink(file->temporary);
    g_free(file->temporary);
    g_free(file->name);
    g_free(file);
}
