/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/node.h"

/*
 * A path is the steps composed: where the bytes of a range of a node come from, through every
 * filter, window and backing layer.
 *
 *     top.qcow2 >backing> base.qcow2 >data> base.qcow2@327680 +65536
 *
 * It is found by one loop that walks from node to node, clamping to each child's size, until it
 * meets a zero, a node that must produce the bytes itself, a leaf, or nothing. Everything anybody
 * wants to know about the range is then read off the path; nobody walks the graph a second way.
 */

/* How far to walk. A further reach answers what a nearer one answers, and more. */
typedef enum {
    UC_REACH_ALLOCATED, /* up to the first edge that is not filtered */
    UC_REACH_OWNER,     /* until the layer that decides the range is known */
    UC_REACH_READ,      /* enough to read: stops where reads stop, asks no leaf */
    UC_REACH_STATUS,    /* to the end; leaves are asked for their holes */
    UC_REACH_STORAGE,   /* and the storage that a zero keeps is followed as well */
} UcReach;

/* How a path ends. */
typedef enum {
    UC_END_OPEN,      /* the reach was answered before the end */
    UC_END_BASE,      /* it enters the base that was asked about */
    UC_END_DATA,      /* at a leaf, which holds the bytes */
    UC_END_SELF,      /* at a node that produces the bytes itself */
    UC_END_UNDEFINED, /* at a node without defined content there */
    UC_END_ZERO,      /* at a node that says zero (a leaf: a hole of the file) */
    UC_END_SHORT,     /* past the end of a child that is shorter than its parent */
    UC_END_VOID,      /* at a backing port with nothing plugged in */
    UC_END_INVALID,   /* at a driver that broke its contract: a bug; reads fail */
} UcEnd;

typedef struct UcPath {
    const UcNode *from; /* the node that was asked */
    uint64_t start;     /* byte offset in it */
    uint64_t length;    /* bytes for which the path holds, > 0 */
    UcReach reach;      /* how far the walk was allowed to go */
    UcEnd end;
    UcWhy why;          /* SELF: the reason */
    UcRole via;         /* SHORT, VOID: the role of the edge that led past the end */
    const UcNode *node; /* the last node on the path; SHORT: the child that ends too early */
    uint64_t offset;    /* in that node; not meaningful for VOID */
    const UcNode
        *owner;     /* the layer that decides the range; NULL for VOID and before it is known */
    uint32_t depth; /* how many backing edges lead to the owner */
    bool allocated; /* in the node that was asked; BASE: not meaningful */
    bool reserved;  /* STORAGE: the host has space for these bytes */
    bool unsure;    /* an error was met on the way: the path may be another the next time */
    uint64_t trace; /* fingerprint of the nodes passed and the offsets in them */
} UcPath;

/* One node on the way. */
typedef struct UcHop {
    const UcNode *node;
    uint64_t offset;
    UcRole via; /* the role of the edge that led here; of the first hop meaningless */
} UcHop;

/* What to ask besides the range. */
typedef struct UcQuestion {
    UcReach reach;
    const UcNode *base; /* end the path on entering this node; NULL: nowhere */
    GArray *hops;       /* of UcHop: filled with the hops if not NULL; borrowed */
} UcQuestion;

/*
 * The path of the bytes at `offset`, for `length` bytes or fewer. length > 0 and
 * offset + length <= node->size. Never fails: a node that cannot tell ends the path as
 * SELF(broken), and the read of it says why.
 */
UcPath uc_path_find(const UcNode *node, uint64_t offset, uint64_t length,
                    const UcQuestion *question);

/* Whether `next`, which starts where `path` ends, is the same path going on. */
bool uc_path_continues(const UcPath *path, const UcPath *next);

/* Reads as zero: a hole for lseek and for sparse copies. Needs UC_REACH_STATUS. */
bool uc_path_is_zero(const UcPath *path);
/* Data, or a zero that somebody states. Needs UC_REACH_STATUS. */
bool uc_path_is_present(const UcPath *path);
/* Compressed at its end. Needs UC_REACH_READ. */
bool uc_path_is_compressed(const UcPath *path);
/* The bytes lie in a host file as they are read: path->node->file, at path->offset. */
bool uc_path_is_on_host(const UcPath *path);

const char *uc_reach_to_string(UcReach reach);
const char *uc_end_to_string(UcEnd end);
/* The whole walk, asked anew with hops. The caller frees. */
char *uc_path_to_string(const UcPath *path);
