/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

typedef struct UcGraph UcGraph;

/*
 * A file of the host that a graph stands on, as it was when it was opened.
 *
 * The graph is of that moment: sizes, tables and what is cached belong together. A regular file
 * that somebody writes or cuts afterwards is not what the rest belongs to, so from then on nothing
 * is believed that is read of it, for as long as the graph is open. Its size and the time it was
 * last written (st_mtime) tell; they are looked at after every read, and whoever writes changes
 * them first; but for who writes through a mapping of the file, which may show only when the kernel
 * writes the page back. Who restores both unseen is not seen, nor who writes a block device, or a
 * file whose filesystem makes its times up.
 *
 * A file that has lost its name, because it was removed or replaced, is as good as before. So is
 * one that others may write because the user says so ("force-share"): it is read as it comes.
 */
typedef struct UcHostFile {
    char *name;        /* as given, not resolved; not escaped */
    int fd;            /* read-only, owned */
    uint64_t size;     /* bytes; of a block device its capacity */
    bool block_device; /* else a regular file */
    bool may_change;   /* "force-share" */
    bool timeless;     /* its filesystem makes up its times */
    struct stat stat;
    int *news; /* what has been noticed of it since, atomic */
} UcHostFile;

/* Not open yet. */
UcHostFile *uc_host_file_new(const char *name);
void uc_host_file_free(UcHostFile *file);

/* Whether what has just been read of a file of that graph can be believed. The first time that it
 * cannot be is said once, with g_warning(). Any thread may call. */
bool uc_host_file_check(const UcGraph *graph, const UcHostFile *file, GError **error);
