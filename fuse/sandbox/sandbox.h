/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/error.h"

#include <stdint.h>

/*
 * Images come from strangers, and a parser of strangers' bytes may have a bug that lets them take
 * over the process. The sandbox is what such a process would find itself in: walls that it cannot
 * take down again, each of which holds without the others.
 *
 *     no-new-privileges   a setuid program that it starts is an ordinary one
 *     no-capabilities     root is a user to whom many files belong
 *     landlock            files, TCP and other processes are out of reach, see landlock.h
 *     limits              no core dump; later no new descriptors, no growing files
 *     seccomp             of the kernel there is only what serving needs, see syscalls.h
 *
 * They are raised in two stages. While a graph is opened, before the first byte of an image is
 * looked at, files can still be opened, but only for reading. When everything is open, names mean
 * nothing any more: what remains is reading the images and answering.
 */
typedef enum {
    UC_SANDBOX_OPENING,
    UC_SANDBOX_SERVING,
} UcSandboxStage;

/* What the user says about it. */
typedef enum {
    UC_SANDBOX_AUTO,    /* the walls that this kernel has */
    UC_SANDBOX_REQUIRE, /* all of them, or an error */
    UC_SANDBOX_OFF,
} UcSandboxMode;

typedef struct UcSandbox {
    UcSandboxMode mode;
    UcSandboxStage stage;
    /* What there shall be besides while opening. */
    const char *directory; /* files may be made, replaced and removed below it; NULL: nowhere */
    bool keep_admin;       /* CAP_SYS_ADMIN is not given up yet */
    bool keep_openat2;     /* openat2 is there even if nothing but seccomp keeps it from writing */
} UcSandbox;

/* "auto", "require", "off"; NULL is what the program was built to do. */
bool uc_sandbox_parse_mode(const char *text, UcSandboxMode *mode, GError **error);

/* To be called before there are threads: each would have walls of its own. */
bool uc_sandbox_enter(const UcSandbox *sandbox, GError **error);

/* The names of the walls that are in force. */
const GPtrArray *uc_sandbox_walls(void);
/* Which are missing, and why; empty if none is, or none was wanted. The caller frees. */
char *uc_sandbox_missing(void);
/* Both. The caller frees. */
char *uc_sandbox_to_string(void);
