/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/* Unmounting what stands at `path`: by ourselves, or for users through fusermount3. Whether it was
 * done. */
bool uc_unmount(const char *path);        /* unless somebody uses it */
bool uc_unmount_detach(const char *path); /* though somebody may be using it */
