/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/graph.h"

/* What a driver's `open` found named inside an image: at most one for each port. Private to core.
 */
typedef enum {
    UC_IMPLIED_IMAGE, /* a backing image: a path, PROTOCOL:…, or json:{…} */
    UC_IMPLIED_FILE,  /* a host file, literally */
    UC_IMPLIED_SHARE, /* no name: the node of another port */
} UcImpliedKind;

typedef struct UcImplied {
    UcImpliedKind kind;
    uint32_t port;
    uint32_t with; /* SHARE */
    GBytes *name;  /* IMAGE, FILE: as it stands in the image */
    char *format;  /* IMAGE: stated by the image, or NULL */
} UcImplied;

/* The spec that an implied image or file stands for, names made relative to `node`'s own file. */
UcSpec *uc_implied_spec(const UcImplied *implied, const UcNode *node, GError **error);

/* The image that `given`, a description for this port, means without naming its file, as in
 * "backing": {"driver": "qcow2"}; or NULL: it describes one of its own. */
const UcImplied *uc_implied_meant(const UcNode *node, uint32_t port, const UcSpec *given);
