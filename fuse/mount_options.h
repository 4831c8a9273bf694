/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "fuse/export.h"

#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>

#define UC_MOUNT_NUMBERS 8

typedef struct UcMountSize {
    char *text;     /* what the user wrote, or NULL */
    uint64_t bytes; /* if text is NULL, the default */
} UcMountSize;

/*
 * The words after -o. Some are ours (uid=, umask=, max_threads= …), some say on a line of
 * /etc/fstab what options say on the command line (format=, snapshot= …), some belong to mount(8)
 * and its table and mean nothing here (auto, _netdev, x-systemd.automount …). All others are
 * libfuse's, which knows best what it knows.
 */
typedef struct UcMountOptions {
    UcOwnership ownership;
    unsigned max_threads; /* 0 in these: not said */
    unsigned max_idle_threads;
    unsigned max_read;
    int clone_fd;
    int direct_io;
    int passthrough;
    UcMountSize read_ahead;
    int remount;
    /* Of the sources, as their namesakes in fuse/source.h. */
    char *format;
    char *snapshot;
    char *truncated;
    char *sandbox;
    char *root;
    int image_opts, graph, allow_probing, no_implied_files, force_share;
    unsigned depth_limit;
    UcMountSize cache_size, index_size;
    char *numbers[UC_MOUNT_NUMBERS]; /* what the user wrote for those above; NULL: nothing */
    struct fuse_args rest;           /* argv[0], then what libfuse shall have */
    struct fuse_conn_info_opts *connection;
} UcMountOptions;

/* `words` may be NULL, else a NULL-terminated list of comma-separated options. */
UcMountOptions *uc_mount_options_new(char *const *words, GError **error);
void uc_mount_options_free(UcMountOptions *options);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UcMountOptions, uc_mount_options_free)

/* Makes an error of what libfuse said when it did not like an option. Returns false. */
bool uc_mount_options_refuse(const char *said, GError **error);

/* Moves what concerns the sources to them. `word` is the source, if it may be a graph file; true
 * if it is one, and therefore no source itself. */
bool uc_mount_options_apply(UcMountOptions *options, UcSources *sources, const char *word);

/* Adds KEY=VALUE for libfuse, whatever characters VALUE has, before what the user said. */
void uc_mount_options_add(UcMountOptions *options, const char *key, const char *value);
