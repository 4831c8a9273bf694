/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/node.h"

#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>

/*
 * An export that is one host file, byte for byte (a raw image, also below filters that let reads
 * pass), can be handed to the kernel, which then reads the file itself; only opening, stat and
 * lseek still come to us. Nothing is faster.
 *
 * But then it is the file that answers, and not we: where it has shrunk, reads end early instead of
 * failing, and what is appended to it is read, though the size that is shown does not say so. A
 * program that trusts the size or the absence of errors would be misled, so the user has to ask
 * for it. It takes Linux 6.9, libfuse 3.17 and root; without one of them the export is served as
 * any other.
 */
typedef struct UcPassthrough {
    const UcHostFile *file; /* that may be handed over; NULL: none */
    int backing_id;         /* the kernel's name for it; 0: it has none, or would not have it */
} UcPassthrough;

/* Finds out whether `node` is such a file; to be called if the user asks for it. */
void uc_passthrough_init(UcPassthrough *passthrough, const UcNode *node);

/* When the kernel is greeted: makes it willing. */
void uc_passthrough_greet(struct fuse_conn_info *connection);

/* When it has been: hands the file over. That takes CAP_SYS_ADMIN. */
void uc_passthrough_register(UcPassthrough *passthrough, struct fuse_session *session);

/* Lets `opened`, the answer to an open, say that the kernel shall read by itself, if it may. */
void uc_passthrough_open(const UcPassthrough *passthrough, struct fuse_file_info *opened);
