/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/spec.h"

#include <string.h>

static void entry_free(gpointer data)
{
    UcSpecEntry *entry = data;

    g_free(entry->key);
    uc_spec_unref(entry->value);
    g_free(entry);
}

UcSpec *uc_spec_new(UcSpecKind kind)
{
    UcSpec *spec = g_new0(UcSpec, 1);

    g_atomic_ref_count_init(&spec->references);
    spec->kind = kind;
    if (kind == UC_SPEC_LIST || kind == UC_SPEC_OBJECT)
        spec->entries = g_ptr_array_new_with_free_func(entry_free);
    return spec;
}

UcSpec *uc_spec_ref(UcSpec *spec)
{
    g_atomic_ref_count_inc(&spec->references);
    return spec;
}

void uc_spec_unref(UcSpec *spec)
{
    if (!spec || !g_atomic_ref_count_dec(&spec->references))
        return;
    g_clear_pointer(&spec->scalar, g_variant_unref);
    g_clear_pointer(&spec->entries, g_ptr_array_unref);
    g_free(spec->source);
    g_free(spec);
}

/* Not every file name is UTF-8, so the check that g_variant_new_string() makes is left out. */
UcSpec *uc_spec_new_string(const char *text)
{
    UcSpec *spec = uc_spec_new(UC_SPEC_SCALAR);
    char *copy = g_strdup(text);

    spec->scalar = g_variant_ref_sink(
        g_variant_new_from_data(G_VARIANT_TYPE_STRING, copy, strlen(copy) + 1, TRUE, g_free, copy));
    return spec;
}

void uc_spec_add(UcSpec *spec, const char *key, UcSpec *value)
{
    UcSpecEntry *entry = g_new0(UcSpecEntry, 1);

    entry->key = key ? g_strdup(key) : g_strdup_printf("%u", spec->entries->len);
    entry->value = value;
    g_ptr_array_add(spec->entries, entry);
}

UcSpec *uc_spec_get(const UcSpec *spec, const char *key)
{
    for (guint i = 0; spec->kind == UC_SPEC_OBJECT && i < spec->entries->len; i++) {
        const UcSpecEntry *entry = g_ptr_array_index(spec->entries, i);

        if (strcmp(entry->key, key) == 0)
            return entry->value;
    }
    return NULL;
}

static void add_missing(UcSpec *spec, const UcSpec *from)
{
    for (guint i = 0; i < from->entries->len; i++) {
        const UcSpecEntry *entry = g_ptr_array_index(from->entries, i);

        if (!uc_spec_get(spec, entry->key))
            uc_spec_add(spec, entry->key, uc_spec_ref(entry->value));
    }
}

UcSpec *uc_spec_merge(const UcSpec *first, const UcSpec *second)
{
    UcSpec *spec = uc_spec_new(UC_SPEC_OBJECT);

    spec->source = g_strdup(first->source);
    spec->line = first->line;
    spec->column = first->column;
    add_missing(spec, first);
    add_missing(spec, second);
    return spec;
}

const char *uc_spec_string(const UcSpec *spec)
{
    if (!spec || spec->kind != UC_SPEC_SCALAR ||
        !g_variant_is_of_type(spec->scalar, G_VARIANT_TYPE_STRING))
        return NULL;
    return g_variant_get_string(spec->scalar, NULL);
}

UcSpec *uc_spec_for_image(const char *filename, const char *format)
{
    UcSpec *file = uc_spec_new(UC_SPEC_OBJECT);
    UcSpec *spec = uc_spec_new(UC_SPEC_OBJECT);

    uc_spec_add(file, "driver", uc_spec_new_string("file"));
    uc_spec_add(file, "filename", uc_spec_new_string(filename));
    if (format)
        uc_spec_add(spec, "driver", uc_spec_new_string(format));
    uc_spec_add(spec, "file", file);
    return spec;
}

char *uc_spec_resolve_name(const char *beside, const char *name)
{
    const char *slash = beside ? strrchr(beside, '/') : NULL;
    g_autofree char *directory = slash ? g_strndup(beside, slash - beside + 1) : NULL;

    if (name[0] == '/' || !directory)
        return g_strdup(name);
    return g_strconcat(directory, name, NULL);
}

/* The keys whose values are names of files. */
static bool names_a_file(const char *key)
{
    return strcmp(key, "filename") == 0 || strcmp(key, "manifest") == 0;
}

void uc_spec_relocate(UcSpec *spec, const char *beside)
{
    for (guint i = 0; spec->entries && i < spec->entries->len; i++) {
        UcSpecEntry *entry = g_ptr_array_index(spec->entries, i);
        const char *name = uc_spec_string(entry->value);

        if (name && names_a_file(entry->key)) {
            g_autofree char *resolved = uc_spec_resolve_name(beside, name);
            UcSpec *value = uc_spec_new_string(resolved);

            value->source = g_strdup(entry->value->source);
            value->line = entry->value->line;
            value->column = entry->value->column;
            uc_spec_unref(entry->value);
            entry->value = value;
        } else {
            uc_spec_relocate(entry->value, beside);
        }
    }
}

char *uc_spec_where(const UcSpec *spec)
{
    if (!spec->source)
        return g_strdup("");
    if (!spec->line)
        return g_strdup_printf(" (%s)", spec->source);
    return g_strdup_printf(" (%s, line %u, column %u)", spec->source, spec->line, spec->column);
}
