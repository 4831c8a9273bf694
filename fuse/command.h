/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/error.h"

#include <stdint.h>

/*
 * A command: `run` gets the words after `unchain`, its own name first. Errors are printed and
 * turned into the exit status in one place, main.c.
 */
typedef struct UcCommand {
    const char *name;
    const char *arguments;
    const char *summary;
    const char *notes; /* what --help says below the options, or NULL */
    /* False without an error: the work is done and the answer is no, status 1. */
    bool (*run)(int argc, char **argv, GError **error);
    int trouble; /* the exit status if the work fails; 0: 1 */
} UcCommand;

extern const UcCommand uc_command_mount, uc_command_map, uc_command_info, uc_command_graph,
    uc_command_hash, uc_command_verify, uc_command_compare;

/* A context for the options of `command`, with its --help; the caller frees. */
GOptionContext *uc_command_context(const UcCommand *command);
/* Parses; what is wrong is UC_ERROR_USAGE. */
bool uc_command_parse(GOptionContext *context, int *argc, char ***argv, GError **error);

/* Values that several commands' options have. */
bool uc_command_parse_output(const char *text, bool *json, GError **error);
bool uc_command_parse_size(const char *option, const char *text, uint64_t *bytes, GError **error);

/* mount(8) and mount.fuse3(8) call the program as SOURCE DIRECTORY [-sfnv] [-N NAMESPACE]
 * [-o OPTIONS] [-t TYPE]. */
bool uc_helper_is_call(int argc, char **argv);
bool uc_helper_run(int argc, char **argv, GError **error);
