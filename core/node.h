/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/edge.h"
#include "core/host_file.h"

typedef struct UcGraph UcGraph;

/*
 * A node is an instance of a driver: a size, options (already taken in by its driver's state)
 * and edges. It is built while its graph opens and never changes afterwards.
 */
struct UcNode {
    const UcDriver *driver;
    UcGraph *graph; /* the owner of this node */
    char *name;     /* node-name, else what a person would call it; escaped; never NULL */
    uint64_t size;  /* bytes, exact; at most INT64_MAX */
    uint64_t grain; /* bytes; what its multiples part can be read by several threads with nothing
                       done twice, and is worth it; 0: it is not. Set by the driver's `open` */
    void *state;    /* the driver's own */
    UcEdge *edges;  /* n_edges of them */
    uint32_t n_edges;
    uint32_t nesting; /* how many reads a read of this node can stand inside each other */
    uint32_t votes;   /* how many children may be asked or read for one question; 1 without votes */
    struct UcAhead *ahead; /* of a node with grains: what was produced ahead (core/ahead.c) */
    int *window_bits; /* of its windows in the index (core/index.c), atomic; NULL: not indexed */
    bool stops;       /* reads stop at it or at a node below it */
    bool believed; /* false: the format was guessed against the file's name; it implies nothing */
    const UcHostFile *file; /* a leaf that is a host file: which; owned by the graph */
    GPtrArray *implied;     /* while opening only: what `open` implied (core/open.c) */
};

/* The node plugged into edge `edge`, or NULL. */
const UcNode *uc_node_child(const UcNode *node, uint32_t edge);

/* What that child is to the node, for people: "metadata, data" if it is there twice. NULL for an
 * empty edge, and for one whose child an earlier edge has. The caller frees. */
char *uc_node_roles(const UcNode *node, uint32_t edge);

/*
 * The callbacks of the node's driver, with the contract of core/driver.h checked on both sides.
 * uc_node_map() clamps the answer to `length`; an answer that breaks the contract becomes
 * UC_STEP_INVALID and is logged.
 */
UcStep uc_node_map(const UcNode *node, uint64_t offset, uint64_t length);
bool uc_node_produce(const UcNode *node, uint64_t offset, void *buffer, size_t length,
                     GError **error);
/* Nothing is peeked at and nothing fetched where the driver cannot. */
size_t uc_node_peek(const UcNode *node, uint64_t offset, void *buffer, size_t length);
void uc_node_fetch(const UcNode *node, uint64_t offset, uint64_t length);

/*
 * Reads [offset, offset + length) through the engine: the plan is made, leaves are read, zeroes
 * cost nothing. All of it or an error, which names the node. A range beyond the node's end is an
 * error. This is also how drivers read their children.
 */
bool uc_node_read(const UcNode *node, uint64_t offset, void *buffer, size_t length, GError **error);

/* Reads what `step`, an answer of node's map for `offset`, stands for: `length` bytes, at most
 * step->length. For drivers that must follow an answer themselves, and for naive readers. */
bool uc_node_follow(const UcNode *node, uint64_t offset, const UcStep *step, void *buffer,
                    size_t length, GError **error);

/* The host file this node's own content starts in (for a format its metadata), or NULL. Names
 * found inside the image are relative to the directory of this file's name as given. */
const UcHostFile *uc_node_host_file(const UcNode *node);

/*
 * For a driver's `open`: what the image itself names.
 *
 * uc_node_imply_image  an image that backs this one. `name` may carry a protocol prefix or be a
 *                      json: description; `format` is what the image states, or NULL.
 * uc_node_imply_file   a host file, literally by that name.
 * uc_node_share        this port shows the same node as that one does.
 *
 * A child given in the description wins over all three. The engine opens what is implied after
 * `open` has returned; names have been checked there. Names are `length` bytes, not terminated.
 */
void uc_node_imply_image(UcNode *node, uint32_t port, const char *name, size_t length,
                         const char *format);
void uc_node_imply_file(UcNode *node, uint32_t port, const char *name, size_t length);
void uc_node_share(UcNode *node, uint32_t port, uint32_t with);

/* For a driver's `open`: something a person should know, though the image can be read. Printed
 * once, with the node's name, and kept for `unchain info`. */
void uc_node_warn(const UcNode *node, const char *format, ...) G_GNUC_PRINTF(2, 3);

char *uc_node_to_string(const UcNode *node); /* "vm.qcow2 (qcow2, 64 MiB)"; the caller frees */
