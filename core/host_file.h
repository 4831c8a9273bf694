/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* A file of the host that a graph stands on, as it was when it was opened. */
typedef struct UcHostFile {
    char *name;        /* as given, not resolved; not escaped */
    int fd;            /* read-only, owned */
    uint64_t size;     /* bytes; of a block device its capacity */
    bool block_device; /* else a regular file */
    struct stat stat;
} UcHostFile;
