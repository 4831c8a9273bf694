/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/opening.h"
#include "core/text.h"

#include <string.h>

/* Options that QEMU knows on every node and that change nothing for a reader. */
static const UcOption common_options[] = {
    {.name = "read-only", .type = UC_OPTION_BOOL},
    {.name = "auto-read-only", .type = UC_OPTION_BOOL},
    {.name = "force-share", .type = UC_OPTION_BOOL},
    {.name = "discard", .type = UC_OPTION_STRING},
    {.name = "detect-zeroes", .type = UC_OPTION_STRING},
    {0},
};

char *uc_frame_name(const UcFrame *frame)
{
    const char *stated = uc_spec_string(uc_spec_get(frame->spec, "node-name"));

    return stated ? uc_text_escape(stated, -1) : g_strdup(frame->driver->name);
}

static bool set_unknown_key(GError **error, const UcFrame *frame, const UcSpecEntry *entry)
{
    g_autofree char *where = uc_spec_where(entry->value);
    g_autofree char *shown = uc_text_escape(entry->key, -1);
    g_autofree char *name = uc_frame_name(frame);

    return uc_error_set(error, UC_ERROR_USAGE, "node '%s': driver %s has no key '%s'%s", name,
                        frame->driver->name, shown, where);
}

static const UcOption *find_option(const UcDriver *driver, const char *name)
{
    const UcOption *option = uc_driver_option(driver, name);

    for (const UcOption *common = common_options; !option && common->name; common++)
        if (strcmp(common->name, name) == 0)
            option = common;
    return option;
}

/* Keys that are neither options nor ports. */
static bool is_own_key(const UcFrame *frame, const char *key)
{
    static const char *const keys[] = {"driver", "node-name", "cache", NULL};

    return g_strv_contains(keys, key) || (frame->file && strcmp(key, "filename") == 0);
}

static bool take_option(const UcFrame *frame, UcOptions *options, const UcSpecEntry *entry,
                        GError **error)
{
    const UcOption *option = find_option(frame->driver, entry->key);
    g_autofree char *where = uc_spec_where(entry->value);
    g_autoptr(GError) cause = NULL;

    if (!option)
        return set_unknown_key(error, frame, entry);
    if (entry->value->kind != UC_SPEC_SCALAR)
        return uc_error_set(error, UC_ERROR_USAGE, "'%s' must be a single value%s", entry->key,
                            where);
    if (uc_options_set(options, option, entry->value->scalar, &cause))
        return true;
    return uc_error_set(error, cause->code, "driver %s: %s%s", frame->driver->name, cause->message,
                        where);
}

UcOptions *uc_frame_options(const UcFrame *frame, GError **error)
{
    g_autoptr(UcOptions) options = uc_options_new();

    for (guint i = 0; i < frame->spec->entries->len; i++) {
        const UcSpecEntry *entry = g_ptr_array_index(frame->spec->entries, i);

        if (!is_own_key(frame, entry->key) && !uc_driver_port(frame->driver, entry->key) &&
            !take_option(frame, options, entry, error))
            return NULL;
    }
    for (const UcOption *option = frame->driver->options; option && option->name; option++)
        if (option->required && !uc_options_has(options, option->name)) {
            g_autofree char *where = uc_spec_where(frame->spec);

            uc_error_set(error, UC_ERROR_USAGE, "driver %s needs '%s'%s", frame->driver->name,
                         option->name, where);
            return NULL;
        }
    return g_steal_pointer(&options);
}
