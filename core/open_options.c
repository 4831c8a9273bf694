/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/opening.h"
#include "core/text.h"

#include <string.h>

/*
 * From what was written about a node to the options its driver gets: every key is either a port
 * (open_node.c), an option of the driver's table, or one that all nodes know, and every value is
 * of the option's type.
 */

/* Options that QEMU knows on every node. But for "force-share" each is about writing or caching:
 * for a graph that is only read they are checked, and change nothing. */
static const char *const discard_values[] = {"ignore", "off", "unmap", "on", NULL};
static const char *const detect_values[] = {"off", "on", "unmap", NULL};

static const UcOption cache_fields[] = {
    {.name = "direct", .type = UC_OPTION_BOOL, .help = "the host's page cache is used"},
    {.name = "no-flush", .type = UC_OPTION_BOOL, .help = "about writing"},
    {0},
};

static const UcOption common_options[] = {
    {.name = "read-only", .type = UC_OPTION_BOOL, .help = "nothing is ever written"},
    {.name = "auto-read-only", .type = UC_OPTION_BOOL, .help = "nothing is ever written"},
    {.name = "force-share", .type = UC_OPTION_BOOL, .help = "others may write the files"},
    {.name = "discard", .values = discard_values, .help = "about writing"},
    {.name = "detect-zeroes", .values = detect_values, .help = "about writing"},
    {.name = "cache", .type = UC_OPTION_GROUP, .fields = cache_fields, .help = "about caching"},
    {0},
};

char *uc_frame_name(const UcFrame *frame)
{
    const char *stated = uc_spec_string(uc_spec_get(frame->spec, "node-name"));

    return stated ? uc_text_escape(stated, -1) : g_strdup(frame->driver->name);
}

char *uc_frame_who(const UcFrame *frame)
{
    const char *stated = uc_spec_string(uc_spec_get(frame->spec, "node-name"));
    g_autofree char *name = stated ? uc_text_escape(stated, -1) : NULL;

    return name ? g_strdup_printf("node '%s': driver %s", name, frame->driver->name)
                : g_strdup_printf("driver %s", frame->driver->name);
}

static bool takes_entries(const UcOption *option)
{
    return option->type == UC_OPTION_GROUP || option->type == UC_OPTION_LIST;
}

/* An option may stand in the table twice: as a single value and as a group. */
static const UcOption *find_in(const UcOption *table, const UcSpecEntry *entry)
{
    const UcOption *found = NULL;

    for (const UcOption *option = table; option && option->name; option++)
        if (strcmp(option->name, entry->key) == 0 &&
            (!found || takes_entries(option) == (entry->value->entries != NULL)))
            found = option;
    return found;
}

static bool set_unknown_key(GError **error, const UcFrame *frame, const UcSpecEntry *entry)
{
    g_autofree char *where = uc_spec_where(entry->value);
    g_autofree char *shown = uc_text_escape(entry->key, -1);
    g_autofree char *who = uc_frame_who(frame);

    return uc_error_set(error, UC_ERROR_USAGE, "%s has no key '%s'%s", who, shown, where);
}

static bool check_required(const UcFrame *frame, const UcOptions *options, const UcOption *table,
                           const UcSpec *spec, GError **error)
{
    for (const UcOption *option = table; option && option->name; option++) {
        if (option->required && !uc_options_has(options, option->name)) {
            g_autofree char *where = uc_spec_where(spec);
            g_autofree char *who = uc_frame_who(frame);

            return uc_error_set(error, UC_ERROR_USAGE, "%s needs '%s'%s", who, option->name, where);
        }
    }
    return true;
}

static bool take(const UcFrame *frame, UcOptions *options, const UcOption *option,
                 const UcSpecEntry *entry, GError **error);

static bool take_fields(const UcFrame *frame, UcOptions *item, const UcOption *fields,
                        const UcSpec *spec, GError **error)
{
    for (guint i = 0; i < spec->entries->len; i++) {
        const UcSpecEntry *entry = g_ptr_array_index(spec->entries, i);
        const UcOption *field = find_in(fields, entry);

        if (!field)
            return set_unknown_key(error, frame, entry);
        if (!take(frame, item, field, entry, error))
            return false;
    }
    return check_required(frame, item, fields, spec, error);
}

static bool take_object(const UcFrame *frame, UcOptions *options, const UcOption *option,
                        const UcSpec *spec, GError **error)
{
    UcOptions *item = uc_options_new();
    g_autofree char *where = uc_spec_where(spec);
    g_autofree char *who = uc_frame_who(frame);

    uc_options_add(options, option, item);
    if (spec->kind != UC_SPEC_OBJECT)
        return uc_error_set(error, UC_ERROR_USAGE, "%s: '%s' takes objects%s", who, option->name,
                            where);
    return take_fields(frame, item, option->fields, spec, error);
}

/* In dotted form a list is an object whose keys are 0, 1, 2 ... */
static bool take_list(const UcFrame *frame, UcOptions *options, const UcOption *option,
                      const UcSpec *spec, GError **error)
{
    for (guint i = 0; spec->entries && i < spec->entries->len; i++) {
        const UcSpecEntry *entry = g_ptr_array_index(spec->entries, i);

        if (!take_object(frame, options, option, entry->value, error))
            return false;
    }
    return spec->entries || take_object(frame, options, option, spec, error);
}

static bool take_scalar(const UcFrame *frame, UcOptions *options, const UcOption *option,
                        const UcSpecEntry *entry, GError **error)
{
    g_autofree char *where = uc_spec_where(entry->value);
    g_autofree char *who = uc_frame_who(frame);
    g_autoptr(GError) cause = NULL;

    if (entry->value->kind != UC_SPEC_SCALAR)
        return uc_error_set(error, UC_ERROR_USAGE, "%s: '%s' must be a single value%s", who,
                            entry->key, where);
    if (uc_options_set(options, option, entry->value->scalar, &cause))
        return true;
    return uc_error_set(error, cause->code, "%s: %s%s", who, cause->message, where);
}

static bool set_refused(GError **error, const UcFrame *frame, const UcOption *option,
                        const UcSpecEntry *entry)
{
    g_autofree char *where = uc_spec_where(entry->value);
    g_autofree char *who = uc_frame_who(frame);

    return uc_error_set(error, UC_ERROR_USAGE, "%s: '%s' %s%s", who, option->name, option->refused,
                        where);
}

static bool take(const UcFrame *frame, UcOptions *options, const UcOption *option,
                 const UcSpecEntry *entry, GError **error)
{
    if (option->refused)
        return set_refused(error, frame, option, entry);
    switch (option->type) {
    case UC_OPTION_GROUP:
        return take_object(frame, options, option, entry->value, error);
    case UC_OPTION_LIST:
        return take_list(frame, options, option, entry->value, error);
    default:
        return take_scalar(frame, options, option, entry, error);
    }
}

/* Keys that are neither options nor ports. */
static bool is_own_key(const UcFrame *frame, const char *key)
{
    return strcmp(key, "driver") == 0 || strcmp(key, "node-name") == 0 ||
           (frame->file && strcmp(key, "filename") == 0);
}

static bool take_entry(const UcFrame *frame, UcOptions *options, const UcSpecEntry *entry,
                       GError **error)
{
    const UcOption *option = find_in(frame->driver->options, entry);

    if (strcmp(entry->key, "node-name") == 0 && !uc_spec_string(entry->value)) {
        g_autofree char *where = uc_spec_where(entry->value);

        return uc_error_set(error, UC_ERROR_USAGE, "driver %s: 'node-name' must be a text%s",
                            frame->driver->name, where);
    }
    if (is_own_key(frame, entry->key) || uc_driver_port(frame->driver, entry->key))
        return true;
    if (!option)
        option = find_in(common_options, entry);
    if (!option)
        return set_unknown_key(error, frame, entry);
    return take(frame, options, option, entry, error);
}

/* A value that is none is left to the check of all options. */
bool uc_frame_forces_share(const UcFrame *frame)
{
    static const UcOption option = {.name = "force-share", .type = UC_OPTION_BOOL};
    const UcSpec *given = uc_spec_get(frame->spec, option.name);
    g_autoptr(UcOptions) options = NULL;

    if (!given || given->kind != UC_SPEC_SCALAR)
        return frame->force_share;
    options = uc_options_new();
    uc_options_set(options, &option, given->scalar, NULL);
    return uc_options_bool(options, option.name, frame->force_share);
}

UcOptions *uc_frame_options(const UcFrame *frame, GError **error)
{
    g_autoptr(UcOptions) options = uc_options_new();

    for (guint i = 0; i < frame->spec->entries->len; i++)
        if (!take_entry(frame, options, g_ptr_array_index(frame->spec->entries, i), error))
            return NULL;
    if (!check_required(frame, options, frame->driver->options, frame->spec, error))
        return NULL;
    return g_steal_pointer(&options);
}
