/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/host_file.h"

#include "core/graph.h"
#include "core/text.h"

#include <errno.h>
#include <unistd.h>

enum { AS_IT_WAS, NAMELESS, CHANGED }; /* news, the later the worse */

UcHostFile *uc_host_file_new(const char *name)
{
    UcHostFile *file = g_new0(UcHostFile, 1);

    file->name = g_strdup(name);
    file->fd = -1;
    file->news = g_new0(int, 1);
    return file;
}

void uc_host_file_free(UcHostFile *file)
{
    if (file->fd >= 0)
        close(file->fd);
    g_free(file->name);
    g_free(file->news);
    g_free(file);
}

/* Whether it was not known yet. */
static bool learn(const UcHostFile *file, int news)
{
    int known = g_atomic_int_get(file->news);

    while (known < news && !g_atomic_int_compare_and_exchange(file->news, known, news))
        known = g_atomic_int_get(file->news);
    return known < news;
}

static bool is_same_file(const UcHostFile *one, const UcHostFile *other)
{
    return one->stat.st_ino == other->stat.st_ino && one->stat.st_dev == other->stat.st_dev;
}

/* Whether it must be said. A graph may have opened one file several times, and says it once: the
 * first of them knows whether it has. */
static bool is_news(const UcGraph *graph, const UcHostFile *file, int news)
{
    guint i = 0;

    if (!learn(file, news))
        return false;
    while (!is_same_file(g_ptr_array_index(graph->files, i), file))
        i++;
    return g_ptr_array_index(graph->files, i) == file ||
           learn(g_ptr_array_index(graph->files, i), news);
}

static void say(const UcHostFile *file, const char *what)
{
    g_autofree char *shown = uc_text_escape(file->name, -1);

    g_warning("'%s' %s", shown, what);
}

static bool set_changed(GError **error)
{
    return uc_error_set(error, UC_ERROR_CHANGED, "it has been changed since it was opened");
}

static bool is_changed(const UcHostFile *file, const struct stat *now)
{
    const struct timespec *written = &now->st_mtim, *before = &file->stat.st_mtim;

    return (uint64_t)now->st_size != file->size ||
           (!file->timeless &&
            (written->tv_sec != before->tv_sec || written->tv_nsec != before->tv_nsec));
}

bool uc_host_file_check(const UcGraph *graph, const UcHostFile *file, GError **error)
{
    struct stat now;

    if (file->block_device || file->may_change)
        return true;
    if (g_atomic_int_get(file->news) == CHANGED)
        return set_changed(error);
    if (fstat(file->fd, &now) != 0)
        return uc_error_set(error, UC_ERROR_FAILED, "cannot look whether it has changed: %s",
                            g_strerror(errno));
    if (is_changed(file, &now)) {
        if (is_news(graph, file, CHANGED))
            say(file, "has been changed since it was opened: what is read of it now is an error");
        return set_changed(error);
    }
    if (now.st_nlink == 0 && file->stat.st_nlink > 0 && is_news(graph, file, NAMELESS))
        say(file, "has been removed or replaced: the file that was opened is still shown");
    return true;
}
