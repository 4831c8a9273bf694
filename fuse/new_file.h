/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/graph.h"

#include <stdio.h>

/*
 * A file that appears under its name complete or not at all. Until then it has no name, or where
 * the filesystem cannot do that, another one beside it; whatever stood there before is lost only
 * when the new one is safe on the disk.
 */
typedef struct UcNewFile {
    char *name;      /* where it will stand; a symbolic link has been followed */
    char *temporary; /* the name it has until then, or NULL */
    FILE *out;
} UcNewFile;

/* Refuses what is not a regular file, and the files that `graph` stands on. */
UcNewFile *uc_new_file_open(const char *name, const UcGraph *graph, GError **error);
/* The directory that one of this name will be in. The caller frees. */
char *uc_new_file_directory(const char *name);
/* Gives it its name. Frees it in any case. */
bool uc_new_file_finish(UcNewFile *file, GError **error);
/* Leaves no trace of it. */
void uc_new_file_abandon(UcNewFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UcNewFile, uc_new_file_abandon)
