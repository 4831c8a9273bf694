/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/implied.h"

#include "core/text.h"

#include <string.h>

static void implied_free(gpointer data)
{
    UcImplied *implied = data;

    g_clear_pointer(&implied->name, g_bytes_unref);
    g_free(implied->format);
    g_free(implied);
}

static void imply(UcNode *node, UcImplied implied)
{
    if (!node->implied)
        node->implied = g_ptr_array_new_with_free_func(implied_free);
    g_ptr_array_add(node->implied, g_memdup2(&implied, sizeof implied));
}

void uc_node_imply_image(UcNode *node, uint32_t port, const char *name, size_t length,
                         const char *format)
{
    imply(node, (UcImplied){.kind = UC_IMPLIED_IMAGE,
                            .port = port,
                            .name = g_bytes_new(name, length),
                            .format = g_strdup(format)});
}

void uc_node_imply_file(UcNode *node, uint32_t port, const char *name, size_t length)
{
    imply(node,
          (UcImplied){.kind = UC_IMPLIED_FILE, .port = port, .name = g_bytes_new(name, length)});
}

void uc_node_share(UcNode *node, uint32_t port, uint32_t with)
{
    imply(node, (UcImplied){.kind = UC_IMPLIED_SHARE, .port = port, .with = with});
}

/* A colon before the first slash makes a protocol: "nbd://host", "fat:/etc", but not "./a:b". */
static char *protocol_of(const char *name)
{
    size_t length = strcspn(name, ":/");

    return name[length] == ':' ? g_strndup(name, length) : NULL;
}

/* As QEMU has it, the format that the image states counts, whatever the description says. */
static void state_format(UcSpec *spec, const char *format)
{
    for (guint i = 0; i < spec->entries->len; i++) {
        UcSpecEntry *entry = g_ptr_array_index(spec->entries, i);

        if (strcmp(entry->key, "driver") == 0) {
            uc_spec_unref(entry->value);
            entry->value = uc_spec_new_string(format);
            return;
        }
    }
    uc_spec_add(spec, "driver", uc_spec_new_string(format));
}

/* Whether a file is locked is for the user to say: what a virtual machine writes must not be read
 * because an image from a stranger asks for it. */
static void drop_locking(UcSpec *spec)
{
    for (guint i = spec->entries ? spec->entries->len : 0; i-- > 0;) {
        const UcSpecEntry *entry = g_ptr_array_index(spec->entries, i);

        if (strcmp(entry->key, "force-share") == 0 || strcmp(entry->key, "locking") == 0)
            g_ptr_array_remove_index(spec->entries, i);
        else
            drop_locking(entry->value);
    }
}

static UcSpec *json_spec(const char *json, const UcImplied *implied, const UcNode *node,
                         GError **error)
{
    g_autofree char *source = g_strdup_printf("json: name inside %s", node->name);
    const UcHostFile *file = uc_node_host_file(node);
    g_autoptr(GError) cause = NULL;
    g_autoptr(UcSpec) spec = uc_spec_parse_json(json, -1, source, &cause);

    if (!spec) {
        uc_error_set(error, UC_ERROR_FAILED, "%s", cause->message);
        return NULL;
    }
    if (spec->kind != UC_SPEC_OBJECT) {
        uc_error_set(error, UC_ERROR_FAILED, "%s: expected an object", source);
        return NULL;
    }
    uc_spec_relocate(spec, file ? file->name : NULL);
    drop_locking(spec);
    if (implied->format)
        state_format(spec, implied->format);
    return g_steal_pointer(&spec);
}

/* A file of the host has two names in QEMU, as a protocol and as a format. */
static bool is_host_file(const char *name)
{
    return g_strcmp0(name, "file") == 0 || g_strcmp0(name, "host_device") == 0;
}

static UcSpec *path_spec(const char *path, const UcImplied *implied, const UcNode *node)
{
    const UcHostFile *file = uc_node_host_file(node);
    g_autofree char *resolved = uc_spec_resolve_name(file ? file->name : NULL, path);
    UcSpec *spec;

    if (implied->kind == UC_IMPLIED_IMAGE && !is_host_file(implied->format))
        return uc_spec_for_image(resolved, implied->format);
    spec = uc_spec_new(UC_SPEC_OBJECT);
    uc_spec_add(spec, "driver", uc_spec_new_string("file"));
    uc_spec_add(spec, "filename", uc_spec_new_string(resolved));
    return spec;
}

static UcSpec *image_spec(const char *name, const UcImplied *implied, const UcNode *node,
                          GError **error)
{
    g_autofree char *protocol = protocol_of(name);
    g_autofree char *shown = uc_text_escape(name, -1);

    if (!protocol)
        return path_spec(name, implied, node);
    if (strcmp(protocol, "json") == 0)
        return json_spec(name + strlen("json:"), implied, node, error);
    if (is_host_file(protocol))
        return path_spec(name + strlen(protocol) + 1, implied, node);
    g_clear_pointer(&protocol, g_free);
    protocol = g_strndup(shown, strcspn(shown, ":"));
    uc_error_set(error, UC_ERROR_FAILED,
                 "'%s' asks for protocol '%s', which cannot be read (a file of that name is "
                 "written './%s')",
                 shown, protocol, shown);
    return NULL;
}

UcSpec *uc_implied_spec(const UcImplied *implied, const UcNode *node, GError **error)
{
    gsize length;
    const char *bytes = g_bytes_get_data(implied->name, &length);
    g_autofree char *name = g_strndup(bytes ? bytes : "", length);

    if (length == 0 || memchr(bytes, 0, length)) {
        g_autofree char *shown = uc_text_escape(bytes ? bytes : "", length);

        uc_error_set(error, UC_ERROR_FAILED, "'%s' is not a file name", shown);
        return NULL;
    }
    return implied->kind == UC_IMPLIED_FILE ? path_spec(name, implied, node)
                                            : image_spec(name, implied, node, error);
}

static bool can_lack_file(const UcGraph *graph, const UcSpec *given)
{
    const char *name = uc_spec_string(uc_spec_get(given, "driver"));
    const UcDriver *driver = name ? uc_graph_driver(graph, name) : NULL;

    return !name || (driver && (uc_driver_is_format(driver) || uc_driver_is_window(driver)));
}

const UcImplied *uc_implied_meant(const UcNode *node, uint32_t port, const UcSpec *given)
{
    bool lacks_file = given->kind == UC_SPEC_OBJECT && !uc_spec_get(given, "file") &&
                      !uc_spec_get(given, "filename") && can_lack_file(node->graph, given);

    for (guint i = 0; lacks_file && node->implied && i < node->implied->len; i++) {
        const UcImplied *implied = g_ptr_array_index(node->implied, i);

        if (implied->port == port && implied->kind == UC_IMPLIED_IMAGE)
            return implied;
    }
    return NULL;
}
