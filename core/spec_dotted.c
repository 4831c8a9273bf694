/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/spec.h"
#include "core/text.h"

#include <string.h>

/* Takes the text up to the next single comma out of *rest, "a,,b" standing for "a,b". */
static char *take_pair(const char **rest)
{
    GString *pair = g_string_new(NULL);
    const char *next = *rest;

    for (; *next; next++) {
        if (*next == ',' && *++next != ',')
            break;
        g_string_append_c(pair, *next);
    }
    *rest = next;
    return g_string_free(pair, FALSE);
}

#define MAX_PARTS 64

/* The object that "a.b" of "a.b.c" leads to, made on the way; NULL if a value stands there. */
static UcSpec *descend(UcSpec *spec, char **parts, const UcSpec *value)
{
    for (; parts[1]; parts++) {
        UcSpec *child = uc_spec_get(spec, parts[0]);

        if (!child) {
            child = uc_spec_new(UC_SPEC_OBJECT);
            child->source = g_strdup(value->source);
            child->line = value->line;
            child->column = value->column;
            uc_spec_add(spec, parts[0], child);
        }
        if (child->kind != UC_SPEC_OBJECT)
            return NULL;
        spec = child;
    }
    return spec;
}

static bool is_path(char **parts)
{
    return parts[0] && !g_strv_contains((const char *const *)parts, "") &&
           g_strv_length(parts) <= MAX_PARTS;
}

bool uc_spec_put(UcSpec *spec, const char *key, UcSpec *value)
{
    g_auto(GStrv) parts = g_strsplit(key, ".", -1);
    const char *last = key;

    if (is_path(parts)) {
        spec = descend(spec, parts, value);
        last = parts[g_strv_length(parts) - 1];
    }
    if (!spec || uc_spec_get(spec, last))
        return false;
    uc_spec_add(spec, last, value);
    return true;
}

static bool add_pair(UcSpec *spec, const char *pair, const char *source, GError **error)
{
    const char *equals = strchr(pair, '=');
    g_autofree char *shown = uc_text_escape(pair, -1);
    g_autofree char *key = equals ? g_strndup(pair, equals - pair) : NULL;
    g_auto(GStrv) parts = key ? g_strsplit(key, ".", -1) : NULL;

    if (!parts || !is_path(parts))
        return uc_error_set(error, UC_ERROR_USAGE, "'%s' is not of the form KEY=VALUE (%s)", shown,
                            source);
    g_autoptr(UcSpec) value = uc_spec_new_string(equals + 1);

    value->source = g_strdup(source);
    if (!uc_spec_put(spec, key, value))
        return uc_error_set(error, UC_ERROR_USAGE, "'%s' is given twice (%s)", shown, source);
    g_steal_pointer(&value);
    return true;
}

UcSpec *uc_spec_parse_dotted(const char *text, const char *source, GError **error)
{
    g_autoptr(UcSpec) spec = uc_spec_new(UC_SPEC_OBJECT);

    spec->source = g_strdup(source);
    while (*text) {
        g_autofree char *pair = take_pair(&text);

        if (!add_pair(spec, pair, source, error))
            return NULL;
    }
    return g_steal_pointer(&spec);
}
