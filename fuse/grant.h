/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>
#include <sys/stat.h>

/*
 * What others may read without us. With allow_other a mounted file is readable for those who can
 * read every file it stands on: the file itself, and on the way to it every directory. A file that
 * anybody may read, in a directory that nobody may enter, is private.
 *
 * A group counts only if it is the group that the mounted file shows: the members of that one may
 * be strangers to the file's own, so there the file must be open to all.
 */

/* Of S_IRGRP and S_IROTH, what all `files` (of const UcHostFile) grant. */
mode_t uc_grant_of_files(const GPtrArray *files, gid_t gid);
