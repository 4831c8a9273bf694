/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/role.h"

/* How many children a port takes. */
typedef enum {
    UC_ARITY_ONE,      /* exactly one */
    UC_ARITY_OPTIONAL, /* one or none; a backing port without a child is a void */
    UC_ARITY_MANY,     /* one or more, which must agree; only the last port of a table */
} UcArity;

/*
 * A child slot that a driver declares. A filtered port is never empty, whatever its arity. `name`
 * is the key that fills it in a description. A table of ports ends with one whose name is NULL.
 *
 * What kind of node a driver makes is read off its ports: none is a *protocol*, a metadata port
 * makes a *format*, a filtered port a *filter* (one that takes many a *vote*), a data port alone a
 * *window*.
 */
typedef struct UcPort {
    const char *name;
    UcRole role;
    UcArity arity;
} UcPort;
