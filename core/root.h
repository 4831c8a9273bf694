/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/error.h"

/*
 * A root is a directory that a name cannot lead out of: what images name lies below it, or is not
 * opened. Below /srv/images
 *
 *     /srv/images/base.qcow2     is a file that can be opened
 *     ../images/base.qcow2       the same file, named in an image beside it
 *     /etc/passwd                is not, and neither is
 *     link/passwd                if "link" leads to /etc
 *
 * A name is followed as a text until it has come to the root: what lies elsewhere is not even
 * looked for. From there on the kernel follows it, and lets neither "..", nor a symbolic link, nor
 * somebody who moves directories meanwhile take it out. (It does not follow a link to an absolute
 * name, even if that lies below the root.) A filesystem that is mounted below the root is a part
 * of it. Private to core.
 */
typedef struct UcRoot UcRoot;

UcRoot *uc_root_new(const char *directory, GError **error);
void uc_root_free(UcRoot *root);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UcRoot, uc_root_free)

/* As it was said. */
const char *uc_root_name(const UcRoot *root);

/* Opens `name`, which is what an image called `beside` (a file's name) says, made relative to that
 * image's directory. -1 and an errno: EXDEV if it leads out. */
int uc_root_open(const UcRoot *root, const char *beside, const char *name, int flags);
