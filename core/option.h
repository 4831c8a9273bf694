/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    UC_OPTION_STRING,
    UC_OPTION_SIZE,   /* bytes; a number, or a text such as "64k", "1.5G" or "0x200" */
    UC_OPTION_NUMBER, /* a count >= 0; a number or its digits */
    UC_OPTION_BOOL,   /* true/false, or the texts on/off, yes/no, true/false */
    UC_OPTION_GROUP,  /* an object with options of its own: `fields` */
    UC_OPTION_LIST,   /* any number of such objects */
} UcOptionType;

/* An option that a driver declares. A table of options ends with one whose name is NULL. */
typedef struct UcOption {
    const char *name;
    UcOptionType type;
    bool required;
    const char *help;              /* a few words, for the manual */
    const char *const *values;     /* STRING: those that are allowed, NULL-terminated, or NULL */
    const struct UcOption *fields; /* GROUP, LIST: a table */
    const char *refused;           /* known, but whoever gives it is told this: "cannot be ..." */
} UcOption;

/* The values given for one node, checked against its driver's table before `open` sees them. */
typedef struct UcOptions UcOptions;

UcOptions *uc_options_new(void);
void uc_options_free(UcOptions *options);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UcOptions, uc_options_free)

/* Checks `value` (a string, number or boolean GVariant) against `option` and keeps it. */
bool uc_options_set(UcOptions *options, const UcOption *option, GVariant *value, GError **error);

/* Keeps `item` for a GROUP or adds it to a LIST; takes it. */
void uc_options_add(UcOptions *options, const UcOption *option, UcOptions *item);

bool uc_options_has(const UcOptions *options, const char *name);
const char *uc_options_string(const UcOptions *options, const char *name, const char *fallback);
uint64_t uc_options_number(const UcOptions *options, const char *name, uint64_t fallback);
bool uc_options_bool(const UcOptions *options, const char *name, bool fallback);

/* A LIST's items, of UcOptions, or a GROUP as the only one; NULL if it was not given. */
const GPtrArray *uc_options_list(const UcOptions *options, const char *name);

/* "64k" -> 65536. Binary units b, k, M, G, T, P, E in either case; hexadecimal; no sign. */
bool uc_size_parse(const char *text, uint64_t *bytes);
