/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Where something stands in a text, both from 1. */
typedef struct UcSpecPlace {
    unsigned line;
    unsigned column; /* in characters */
    bool is_root;    /* it stands in nothing else; a valid text has one such value */
    bool overflows;  /* an integer that 64 bits do not hold: json-glib makes another one of it */
} UcSpecPlace;

/*
 * The places of all values of a JSON text without comments, in the order in which they begin: of a
 * member of an object the place of its key. json-glib's tree does not remember them. Of
 * UcSpecPlace; the caller frees. Private to core.
 */
GArray *uc_spec_places(const char *text, gsize length);
