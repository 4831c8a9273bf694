/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/graph_file.h"

#include "core/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MOST_MIB 64 /* of text: a device such as /dev/zero has no end */

static bool is_one_of(const char *key, const char *const *known)
{
    for (; *known != NULL; known++)
        if (strcmp(key, *known) == 0)
            return true;
    return false;
}

static bool check_keys(const UcSpec *spec, const char *what, const char *const *known,
                       GError **error)
{
    for (guint i = 0; i < spec->entries->len; i++) {
        const UcSpecEntry *entry = g_ptr_array_index(spec->entries, i);
        if (is_one_of(entry->key, known))
            continue;
        g_autofree char *where = uc_spec_where(entry->value);
        g_autofree char *list = g_strjoinv("\", \"", (char **)known);
        g_autofree char *shown = uc_text_escape(entry->key, -1);
        return uc_error_set(error, UC_ERROR_USAGE, "%s: unknown key \"%s\"%s; known are \"%s\"",
                            what, shown, where, list);
    }
    return true;
}

static bool check_kind(const UcSpec *spec, UcSpecKind kind, const char *what, GError **error)
{
    if (spec->kind == kind)
        return true;
    g_autofree char *where = uc_spec_where(spec);
    return uc_error_set(error, UC_ERROR_USAGE, "%s%s: expected %s", what, where,
                        kind == UC_SPEC_LIST ? "a list [...]" : "an object {...}");
}

static bool read_blockdevs(UcSources *sources, UcSpec *list, const char *filename, GError **error)
{
    if (list == NULL)
        return true;
    if (!check_kind(list, UC_SPEC_LIST, "blockdevs", error))
        return false;
    for (guint i = 0; i < list->entries->len; i++) {
        UcSpec *spec = ((UcSpecEntry *)g_ptr_array_index(list->entries, i))->value;
        if (!check_kind(spec, UC_SPEC_OBJECT, "blockdevs", error))
            return false;
        uc_spec_relocate(spec, filename);
        g_ptr_array_add(sources->named, uc_spec_ref(spec));
    }
    return true;
}

bool uc_graph_file_add_export(UcSources *sources, const UcSpec *spec, const char *what,
                              GError **error)
{
    static const char *const known[] = {"name", "node-name", NULL};
    if (!check_kind(spec, UC_SPEC_OBJECT, what, error) || !check_keys(spec, what, known, error))
        return false;
    const char *node = uc_spec_string(uc_spec_get(spec, "node-name"));
    const char *name = uc_spec_string(uc_spec_get(spec, "name"));
    if (node == NULL) {
        g_autofree char *where = uc_spec_where(spec);
        return uc_error_set(error, UC_ERROR_USAGE, "%s%s: \"node-name\" is missing", what, where);
    }
    uc_sources_add(sources, name != NULL ? g_strdup(name) : g_strconcat(node, ".raw", NULL),
                   g_strdup(node), uc_spec_new_string(node));
    return true;
}

static bool read_exports(UcSources *sources, const UcSpec *list, GError **error)
{
    if (list == NULL)
        return true;
    if (!check_kind(list, UC_SPEC_LIST, "exports", error))
        return false;
    for (guint i = 0; i < list->entries->len; i++) {
        const UcSpecEntry *entry = g_ptr_array_index(list->entries, i);
        if (!uc_graph_file_add_export(sources, entry->value, "exports", error))
            return false;
    }
    return true;
}

static bool fill(GString *text, FILE *file, const char *filename, GError **error)
{
    char part[65536];
    for (size_t n; (n = fread(part, 1, sizeof part, file)) > 0;) {
        g_string_append_len(text, part, n);
        if (text->len > (gsize)MOST_MIB << 20)
            return uc_error_set(error, UC_ERROR_FAILED, "%s: more than %d MiB: not a graph file",
                                filename, MOST_MIB);
    }
    return !ferror(file) ||
           uc_error_set(error, UC_ERROR_FAILED, "cannot read %s: %s", filename, g_strerror(errno));
}

static GString *read_text(const char *filename, GError **error)
{
    FILE *file = fopen(filename, "re");
    if (file == NULL) {
        uc_error_set(error, UC_ERROR_FAILED, "cannot open %s: %s", filename, g_strerror(errno));
        return NULL;
    }
    GString *text = g_string_new(NULL);
    bool fine = fill(text, file, filename, error);
    fclose(file);
    if (fine)
        return text;
    g_string_free(text, TRUE);
    return NULL;
}

bool uc_graph_file_parse(UcSources *sources, const char *text, gsize length, const char *filename,
                         GError **error)
{
    static const char *const known[] = {"blockdevs", "exports", NULL};
    g_autoptr(UcSpec) spec = uc_spec_parse_json(text, length, filename, error);
    if (spec == NULL || !check_kind(spec, UC_SPEC_OBJECT, filename, error) ||
        !check_keys(spec, filename, known, error))
        return false;
    return read_blockdevs(sources, uc_spec_get(spec, "blockdevs"), filename, error) &&
           read_exports(sources, uc_spec_get(spec, "exports"), error);
}

bool uc_graph_file_read(UcSources *sources, const char *filename, GError **error)
{
    g_autoptr(GString) text = read_text(filename, error);
    return text != NULL && uc_graph_file_parse(sources, text->str, text->len, filename, error);
}
