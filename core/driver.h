/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/error.h"
#include "core/option.h"
#include "core/port.h"
#include "core/step.h"

#include <stddef.h>

/*
 * A driver is the code for one kind of node. It describes; the engine concludes.
 *
 * Write one as a `const UcDriver` with designated initialisers at the bottom of its file and name
 * it in drivers/drivers.c. Nothing else knows it. All of a node's state lives in node->state;
 * a driver has no variables of its own.
 *
 * The contract of the callbacks, which the engine checks in both directions:
 *
 * open   Fills node->state and sets node->size, exact in bytes, and node->grain if `read` computes
 *        so much that several threads should (core/produce.h). The children that were given in
 *        the description stand in node->edges and can be read with uc_node_read(), except
 *        backing children, which are opened later. A name found inside the image is handed to
 *        uc_node_imply_image() or uc_node_imply_file(). On failure returns false with an error
 *        that states the fact; `close` is called all the same if there is one.
 *
 * map    Answers for `length` > 0 bytes at `offset`, offset + length <= node->size. The valid
 *        answers are
 *          - uc_step_child(edge, o, n)   a data, filtered or backing edge, no other.
 *                                        The edge may be empty (a void) and o may lie past the
 *                                        child's end: the engine knows what that means. The first
 *                                        edge of a port that takes many stands for all of them:
 *                                        what is said of the bytes is what all children say, and
 *                                        reading them needs a `read`;
 *          - uc_step_zero(n)             with or without uc_step_keep();
 *          - uc_step_self(why, n)        needs a `read`. UC_WHY_STORED belongs to leaves, and only
 *                                        to bytes that lie at the same offset of their file;
 *          - uc_step_undefined(n)
 *        with n > 0. A driver does not clamp n to the question, to the size of the node or to a
 *        child. It joins what it has in hand (the table it has just looked into) and does no
 *        further I/O to join more. It cannot fail: where it cannot tell (a table that cannot be
 *        read, an entry that makes no sense) it answers uc_step_self(UC_WHY_BROKEN, n), and the
 *        `read` of that range says what is wrong. The answer for an offset never changes while
 *        the graph is open, but for one that was given because of an error, which may pass: that
 *        is marked with uc_step_unsure(), and neither the engine nor the driver remembers it.
 *
 * read   Fills all `length` bytes or fails; never less. It is called for ranges that `map`
 *        answered with SELF or UNDEFINED; for any range of a leaf; and for any range of a driver
 *        with `reads_stop`. It may span several answers of the same kind. Children are read with
 *        uc_node_read().
 *
 * peek   For leaves that can wait for a device, optional: fills what can be had without waiting,
 *        from the start of the range on, and returns how many bytes that is. It does not fail:
 *        what it has not filled is asked of `read`.
 *
 * fetch  For the same leaves: the range will be read soon. Begins to fetch it and does not wait.
 *
 * map, read, peek and fetch take a const node and run on any thread. What changes while they run
 * (a cache, a token bucket) has its own lock, which is not held across I/O.
 */

typedef struct UcNode UcNode;

typedef struct UcDriver {
    const char *name;
    const UcPort *ports;           /* ended by a NULL name; NULL: a leaf */
    const UcOption *options;       /* ended by a NULL name; NULL: none */
    const char *const *extensions; /* file name endings that say this format, NULL-terminated */
    size_t state_size;             /* of node->state, which starts zeroed */
    bool reads_stop;               /* status passes through this node, reads stop at it */

    /* Whether a file that starts with these bytes is of this format. NULL: cannot be probed. */
    bool (*probe)(const uint8_t *head, size_t length);
    bool (*open)(UcNode *node, const UcOptions *options, GError **error);
    void (*close)(UcNode *node); /* frees what state points to, not state itself; may be NULL */
    UcStep (*map)(const UcNode *node, uint64_t offset, uint64_t length);
    bool (*read)(const UcNode *node, uint64_t offset, void *buffer, size_t length, GError **error);
    size_t (*peek)(const UcNode *node, uint64_t offset, void *buffer, size_t length);
    void (*fetch)(const UcNode *node, uint64_t offset, uint64_t length);
    /* Adds what a person wants to know to an a{sv} builder, in reading order; may be NULL. */
    void (*describe)(const UcNode *node, GVariantBuilder *facts);
} UcDriver;

bool uc_driver_is_leaf(const UcDriver *driver);
bool uc_driver_is_format(const UcDriver *driver);
bool uc_driver_is_filter(const UcDriver *driver);
bool uc_driver_is_window(const UcDriver *driver);

/* The port of that name, or NULL. */
const UcPort *uc_driver_port(const UcDriver *driver, const char *name);
