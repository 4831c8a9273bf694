/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Opens a name as open(2) does, but through no link of /proc: what looks like a link there may
 * lead to what some process has open, which is no file that the name says. Kernels since 5.6 can
 * be told so; for older ones this follows links by hand. -1 and an errno: ELOOP for such a link,
 * as for a link that leads to itself. Private to core.
 */
int uc_links_open(const char *name, int flags);
