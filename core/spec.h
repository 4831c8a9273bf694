/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/error.h"

#include <glib.h>
#include <stdint.h>

/*
 * A spec is what somebody wrote about a node: a tree of keys and values in QEMU's -blockdev words.
 * It says nothing yet about drivers; opening gives the keys their meaning. Specs come from
 * JSON (a graph file, a json: name), from dotted options, and from plain file names.
 */
typedef enum {
    UC_SPEC_NULL,
    UC_SPEC_SCALAR, /* a text, a number or a boolean */
    UC_SPEC_LIST,
    UC_SPEC_OBJECT,
} UcSpecKind;

typedef struct UcSpec UcSpec;

/* A value and where it stands. */
typedef struct UcSpecEntry {
    char *key; /* in a list its index as text */
    UcSpec *value;
} UcSpecEntry;

struct UcSpec {
    gatomicrefcount references;
    UcSpecKind kind;
    GVariant *scalar;   /* SCALAR: of type s, t, x, d or b */
    GPtrArray *entries; /* LIST, OBJECT: of UcSpecEntry, in the order written */
    char *source;       /* for messages: "graph.json", "the command line"; may be NULL */
    unsigned line;      /* in source, from 1; 0: unknown. Of a member: where its key stands */
    unsigned column;    /* in that line, from 1 */
};

UcSpec *uc_spec_new(UcSpecKind kind);
UcSpec *uc_spec_ref(UcSpec *spec);
void uc_spec_unref(UcSpec *spec);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UcSpec, uc_spec_unref)

UcSpec *uc_spec_new_string(const char *text);
/* Adds to a LIST (key NULL) or an OBJECT; takes `value`. */
void uc_spec_add(UcSpec *spec, const char *key, UcSpec *value);

/* Adds to an OBJECT where the dotted `key` ("file.filename") leads, making objects on the way.
 * Takes `value`, but for false: something else stands there. */
bool uc_spec_put(UcSpec *spec, const char *key, UcSpec *value);

/* A new OBJECT with the entries of two; where both have a key, that of the first counts. */
UcSpec *uc_spec_merge(const UcSpec *first, const UcSpec *second);

/* The value of `key` in an OBJECT, or NULL. */
UcSpec *uc_spec_get(const UcSpec *spec, const char *key);
/* The text of a SCALAR string, or NULL for anything else, NULL included. */
const char *uc_spec_string(const UcSpec *spec);

/* The spec of an image file: { "driver": format, "file": { "driver": "file", "filename": … } },
 * without "driver" if `format` is NULL. */
UcSpec *uc_spec_for_image(const char *filename, const char *format);

/* Makes every relative file name in the tree (of a "filename", a "manifest") relative to the
 * directory of `beside`, a file's name: what a graph file or an image says is meant as seen from
 * where it lies. */
void uc_spec_relocate(UcSpec *spec, const char *beside);
/* `name` as seen from the directory of `beside` (NULL: the current one). The caller frees. */
char *uc_spec_resolve_name(const char *beside, const char *name);

/* JSON text. `source` names it in messages, which carry line and column. */
UcSpec *uc_spec_parse_json(const char *text, gssize length, const char *source, GError **error);
/* "driver=qcow2,file.driver=file,file.filename=a,,b.qcow2": a doubled comma is one. */
UcSpec *uc_spec_parse_dotted(const char *text, const char *source, GError **error);

/* " (graph.json, line 12, column 5)", or "" where it is not known. The caller frees. */
char *uc_spec_where(const UcSpec *spec);
char *uc_spec_to_string(const UcSpec *spec); /* JSON on one line; the caller frees */
