/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/graph.h"

/*
 * Opening turns specs into nodes. It works on a stack of frames, one for each node that is being
 * opened, so that a chain of ten thousand layers needs memory but no recursion:
 *
 *     BEGIN     find the driver; without one, open the file first ...
 *     PROBE     ... and look at its first bytes            (open_driver.c)
 *     CREATE    make the node, push the children it was given
 *     OPEN      the children stand: call the driver; push what backs it and what it implied
 *     FINISH    everything below stands: the node is done  (open_node.c)
 *
 * Backing children come after the driver's `open`, because most often only the image knows them.
 * All of this is private to core.
 */
typedef enum {
    UC_STAGE_BEGIN,
    UC_STAGE_PROBE,
    UC_STAGE_CREATE,
    UC_STAGE_OPEN,
    UC_STAGE_FINISH,
} UcStage;

typedef struct UcFrame {
    UcStage stage;
    UcSpec *spec;           /* owned */
    UcNode **result;        /* where the finished node goes; outlives the frame */
    const UcPort *port;     /* that it fills; NULL: asked for by the user of the graph */
    UcNode *parent;         /* whose port it is; NULL as above, or while a file is probed */
    bool declared;          /* its spec is one that the graph has declared */
    bool named;             /* the parent's image names it */
    bool implied;           /* named, or belongs to what is */
    bool force_share;       /* the files of the node may be written by others; handed down */
    uint32_t depth;         /* layers above it */
    guint chain_start;      /* length of opening->chain when the frame began */
    const UcDriver *driver; /* from CREATE on */
    bool believed;          /* see UcNode */
    UcNode *file;           /* opened for probing; becomes the child "file" */
    UcNode *node;           /* from OPEN on; owned by the graph */
} UcFrame;

typedef struct UcOpening {
    GPtrArray *frames;    /* of UcFrame, the innermost last */
    GHashTable *declared; /* of UcSpec: those of the frames that are declared */
    GHashTable *on_chain; /* of const UcHostFile, found by device and inode */
    GPtrArray *chain;     /* the same files in the order they were met */
    struct UcRoot *root;  /* of the gate, open; NULL: it has none */
    uint64_t named;       /* how often an image has named something */
} UcOpening;

/* The innermost frame. */
UcFrame *uc_opening_top(const UcOpening *opening);
/* Begins a node below `parent` (NULL: the first); takes `spec`. */
UcFrame *uc_opening_push(UcGraph *graph, UcSpec *spec, UcNode **result, const UcFrame *parent,
                         const UcPort *port);
/* Ends the innermost frame with `node` as its result. */
void uc_opening_pop(UcGraph *graph, UcNode *node);

/* The stages. */
bool uc_frame_begin(UcGraph *graph, UcFrame *frame, GError **error);
bool uc_frame_probe(UcGraph *graph, UcFrame *frame, GError **error);
bool uc_frame_create(UcGraph *graph, UcFrame *frame, GError **error);
bool uc_frame_open(UcGraph *graph, UcFrame *frame, GError **error);
bool uc_frame_finish(UcGraph *graph, UcFrame *frame, GError **error);

/* Children (open_children.c): an edge for each, the given ones (those whose ports are backing ones,
 * or the others), whether one is missing, and what the driver's `open` implied. */
void uc_frame_create_edges(const UcFrame *frame, UcNode *node);
bool uc_frame_push_given(UcGraph *graph, UcFrame *frame, bool backing, GError **error);
bool uc_frame_check_children(const UcFrame *frame, GError **error);
bool uc_frame_push_implied(UcGraph *graph, UcFrame *frame, GError **error);

/* The frame's options, checked against its driver's table (open_options.c). */
UcOptions *uc_frame_options(const UcFrame *frame, GError **error);
/* "force-share", where the frame has it, else what was handed down to it. */
bool uc_frame_forces_share(const UcFrame *frame);
/* What to call the frame's node before it is open. The caller frees. */
char *uc_frame_name(const UcFrame *frame);
/* What messages call it: "node 'vm': driver qcow2", or "driver qcow2". The caller frees. */
char *uc_frame_who(const UcFrame *frame);

/*
 * The chain of files that the node being opened stands on (chain.c). A file that an image names
 * and that the chain stands on already makes it endless: an error, which names the loop.
 */
void uc_chain_init(UcOpening *opening);
void uc_chain_clear(UcOpening *opening);
bool uc_chain_add(UcGraph *graph, const UcHostFile *file, GError **error);
/* A node and what stores it are one layer; a layer that is done gives its files back. */
void uc_chain_leave(UcOpening *opening, const UcFrame *frame);
