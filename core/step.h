/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * A step is a driver's one answer to the one question it is asked: where do the bytes at this
 * offset of this node come from? It looks one node deep and holds for `length` bytes.
 */
typedef enum {
    UC_STEP_CHILD,     /* they are the bytes of the child at `place` */
    UC_STEP_ZERO,      /* they are zeroes, and this node says so */
    UC_STEP_SELF,      /* only this node's `read` can produce them; `why` says the reason */
    UC_STEP_UNDEFINED, /* the node has no defined content there */
    UC_STEP_INVALID,   /* never answered by a driver: the engine's name for a broken contract */
} UcStepKind;

/* Why only the node itself can produce the bytes. */
typedef enum {
    UC_WHY_STORED,     /* a leaf: they lie here, as they are */
    UC_WHY_COMPRESSED, /* they lie here, compressed */
    UC_WHY_ENCRYPTED,  /* they lie here, encrypted */
    UC_WHY_COMPUTED,   /* they are made by the node, or must pass through it */
    UC_WHY_BROKEN,     /* the node cannot tell: its `read` will say what is wrong */
} UcWhy;

#define UC_EDGE_NONE UINT32_MAX

/* A place below a node: an index into its edges and a byte offset in that child. */
typedef struct UcPlace {
    uint32_t edge; /* UC_EDGE_NONE: no place */
    uint64_t offset;
} UcPlace;

typedef struct UcStep {
    UcStepKind kind;
    UcWhy why;       /* SELF only */
    UcPlace place;   /* CHILD only */
    UcPlace kept;    /* storage kept for these bytes though they are not read from it, or none */
    uint64_t length; /* bytes, > 0; may exceed what was asked */
    bool unsure; /* an error kept the driver from looking: asked again, it may say other things */
} UcStep;

UcStep uc_step_child(uint32_t edge, uint64_t offset, uint64_t length);
UcStep uc_step_zero(uint64_t length);
UcStep uc_step_self(UcWhy why, uint64_t length);
UcStep uc_step_undefined(uint64_t length);

/* The same step with storage kept at (edge, offset): a zero cluster that stays allocated, a
 * subcluster that shows its backing although its cluster has a place. */
UcStep uc_step_keep(UcStep step, uint32_t edge, uint64_t offset);

/* The same step, not to be remembered: what would tell could not be read this time. */
UcStep uc_step_unsure(UcStep step);

const char *uc_why_to_string(UcWhy why);
char *uc_step_to_string(const UcStep *step); /* "child 1@65536 +4096"; the caller frees */
