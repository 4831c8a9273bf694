/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/graph.h"
#include "fuse/sandbox/sandbox.h"

/*
 * A source is what the user wants to see: a spec, and the name of the file it becomes. Sources
 * are gathered from words (paths, json:, dotted options) and from graph files; then all of them
 * are opened into one graph, so that they share the nodes they name together.
 */
typedef struct UcSource {
    char *name;   /* of the file, as it appears in the mount */
    char *origin; /* as the user wrote it */
    UcSpec *spec;
    bool is_description; /* what the user wrote, and too long a name */
    const UcNode *node;  /* once opened; the graph's */
} UcSource;

/* What the options that all commands share say. */
typedef struct UcSources {
    char *format;
    char *snapshot;
    char *truncated;
    char *sandbox_mode;
    char *root;
    char *graph_file;
    char **blockdevs;
    char **exports;
    gboolean image_opts;
    gboolean force_share;
    gboolean allow_probing;
    gboolean no_implied_files;
    int depth_limit;
    uint64_t cache_bytes; /* of the graph, as in core/graph.h */
    uint64_t index_bytes;

    UcSandbox sandbox; /* once gathered, of the mode that `sandbox_mode` says */
    GPtrArray *list;   /* of UcSource; owned */
    GPtrArray *named;  /* of UcSpec: nodes to be declared; owned */
    UcGraph *graph;    /* once opened; owned */
} UcSources;

UcSources *uc_sources_new(void);
void uc_sources_free(UcSources *sources);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UcSources, uc_sources_free)

/* The shared options, to be parsed into `sources`. */
void uc_sources_add_options(UcSources *sources, GOptionContext *context);

/* Takes over `name`, `origin` and `spec`; the result belongs to the list. */
UcSource *uc_sources_add(UcSources *sources, char *name, char *origin, UcSpec *spec);

/* Gathers the sources that `words` (NULL-terminated, or NULL) and the options name; looks at graph
 * files, but at no image. */
bool uc_sources_gather(UcSources *sources, char *const *words, GError **error);

/* Opens what has been gathered, in the sandbox's first stage. The caller seals the graph. */
bool uc_sources_open(UcSources *sources, GError **error);

/* Enters a stage of the sandbox, and warns, once, of what is missing though it was not switched
 * off. Opening enters the first; others call it for the second. */
bool uc_sources_confine(const UcSources *sources, UcSandboxStage stage, GError **error);

/* All of this for a command that looks at one source only: `words` holds it, or the name of an
 * export, or nothing if there is only one. */
const UcNode *uc_sources_open_one(UcSources *sources, char *const *words, GError **error);

/* And for one that looks at two, which then are the only ones in the list. `second_format`: of the
 * second, or NULL. */
bool uc_sources_open_pair(UcSources *sources, char *const *words, const char *second_format,
                          GError **error);

/* What an opened source is called in output: the path as it was written, else its node's name;
 * escaped. The caller frees. */
char *uc_source_title(const UcSource *source);
