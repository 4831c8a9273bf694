/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>
#include <stdbool.h>

/*
 * The connection to the kernel, read and written by functions of our own: libfuse waits for all its
 * threads when the mount is gone, and one of them may hang in a disk. So we want to hear of it.
 */

/* Lets the session have the connection. `ended` is called when the mount is gone, from any thread,
 * by each thread that finds out. */
bool uc_connection_set(struct fuse_session *session, int connection, void (*ended)(void));
