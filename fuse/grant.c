/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/grant.h"

#include "core/host_file.h"

#include <stdbool.h>
#include <string.h>

#define GROUP_AND_OTHERS (S_IRGRP | S_IROTH)

/* To search a directory is what to read is for a file, and its bits lie two below. */
static mode_t grant_of_mode(mode_t mode, bool is_shown_group)
{
    mode_t bits = (S_ISDIR(mode) ? mode << 2 : mode) & GROUP_AND_OTHERS;
    if (bits == GROUP_AND_OTHERS)
        return bits;
    return is_shown_group ? bits & S_IRGRP : 0;
}

static mode_t grant_of_stat(const struct stat *stat, gid_t gid)
{
    return grant_of_mode(stat->st_mode, stat->st_gid == gid);
}

/* Of a path without links, as the kernel tells it. */
static mode_t grant_of_directories(const char *path, gid_t gid)
{
    mode_t bits = GROUP_AND_OTHERS;
    g_autofree char *directory = g_strdup(path);
    do {
        struct stat found;
        g_autofree char *below = g_steal_pointer(&directory);
        directory = g_path_get_dirname(below);
        bits &= stat(directory, &found) == 0 ? grant_of_stat(&found, gid) : 0;
    } while (strcmp(directory, "/") != 0 && bits != 0);
    return bits;
}

static mode_t grant_of_file(const UcHostFile *file, gid_t gid)
{
    g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", file->fd);
    g_autofree char *path = g_file_read_link(link, NULL);
    if (path == NULL || *path != '/')
        return 0; /* out of everybody's reach */
    return grant_of_stat(&file->stat, gid) & grant_of_directories(path, gid);
}

mode_t uc_grant_of_files(const GPtrArray *files, gid_t gid)
{
    mode_t bits = GROUP_AND_OTHERS;
    for (guint i = 0; i < files->len; i++)
        bits &= grant_of_file(g_ptr_array_index(files, i), gid);
    return bits;
}
