/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/opening.h"
#include "core/probe.h"
#include "core/text.h"

#include <string.h>

/* "node 'vm': ", the node itself or else the one that it is for; "" if nobody has a name. */
static char *prefix_of(const UcFrame *frame)
{
    const char *stated = uc_spec_string(uc_spec_get(frame->spec, "node-name"));
    g_autofree char *name = stated ? uc_text_escape(stated, -1) : NULL;

    if (name || frame->parent)
        return g_strdup_printf("node '%s': ", name ? name : frame->parent->name);
    return g_strdup("");
}

/* A spec that is a name: a node that stands, or one that was declared and is opened now. */
static bool begin_reference(UcGraph *graph, UcFrame *frame, const char *name, GError **error)
{
    g_autofree char *where = uc_spec_where(frame->spec);
    g_autofree char *shown = uc_text_escape(name, -1);
    UcNode *node = uc_graph_find(graph, name);
    UcSpec *declared = g_hash_table_lookup(graph->declared, name);

    if (node) {
        uc_opening_pop(graph, node);
        return true;
    }
    if (declared && g_hash_table_contains(graph->opening->declared, declared))
        return uc_error_set(error, UC_ERROR_USAGE, "node '%s' stands on itself%s", shown, where);
    if (!declared) {
        g_autofree char *prefix = prefix_of(frame);

        return uc_error_set(error, UC_ERROR_USAGE, "%sthere is no node named '%s'%s", prefix, shown,
                            where);
    }
    uc_spec_unref(frame->spec);
    frame->spec = uc_spec_ref(declared);
    frame->declared = true;
    g_hash_table_add(graph->opening->declared, declared);
    frame->implied = false;
    frame->force_share = graph->gate.force_share;
    return true;
}

static bool find_driver(UcGraph *graph, UcFrame *frame, const UcSpec *stated, GError **error)
{
    const char *name = uc_spec_string(stated);
    g_autofree char *where = uc_spec_where(stated);
    g_autofree char *shown = name ? uc_text_escape(name, -1) : NULL;
    g_autofree char *prefix = prefix_of(frame);

    if (!name)
        return uc_error_set(error, UC_ERROR_USAGE, "%s\"driver\" must be a text%s", prefix, where);
    frame->driver = uc_graph_driver(graph, name);
    if (!frame->driver)
        return uc_error_set(error, UC_ERROR_USAGE, "%sthere is no driver for format '%s'%s", prefix,
                            shown, where);
    frame->believed = true;
    frame->stage = UC_STAGE_CREATE;
    return true;
}

/* Without a driver: what stores bytes for its parent is a file; anything else is an image, whose
 * file is opened first. */
static bool begin_unstated(UcGraph *graph, UcFrame *frame, GError **error)
{
    UcSpec *file = uc_spec_get(frame->spec, "file");
    UcSpec *filename = uc_spec_get(frame->spec, "filename");
    bool stores =
        frame->port && (frame->port->role == UC_ROLE_METADATA || frame->port->role == UC_ROLE_DATA);

    if (stores && filename) {
        frame->driver = uc_graph_driver(graph, "file");
        frame->stage = UC_STAGE_CREATE;
        return true;
    }
    if (!file && !filename) {
        g_autofree char *where = uc_spec_where(frame->spec);
        g_autofree char *prefix = prefix_of(frame);

        return uc_error_set(error, UC_ERROR_USAGE, "%sa node without a \"driver\"%s", prefix,
                            where);
    }
    if (file) {
        uc_spec_ref(file);
    } else {
        file = uc_spec_new(UC_SPEC_OBJECT);
        uc_spec_add(file, "driver", uc_spec_new_string("file"));
        uc_spec_add(file, "filename", uc_spec_ref(filename));
    }
    frame->stage = UC_STAGE_PROBE;
    static const UcPort probed = {.name = "file", .role = UC_ROLE_METADATA};
    uc_opening_push(graph, file, &frame->file, frame, &probed);
    return true;
}

bool uc_frame_begin(UcGraph *graph, UcFrame *frame, GError **error)
{
    const char *name = uc_spec_string(frame->spec);
    UcSpec *driver;

    if (frame->depth >= graph->gate.depth_limit)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "the chain has more than %u layers: --depth-limit allows more",
                            graph->gate.depth_limit);
    if (name && !begin_reference(graph, frame, name, error))
        return false;
    if (name)
        return true;
    if (frame->spec->kind != UC_SPEC_OBJECT) {
        g_autofree char *where = uc_spec_where(frame->spec);

        return uc_error_set(error, UC_ERROR_USAGE, "expected a node or a node's name%s", where);
    }
    frame->force_share = uc_frame_forces_share(frame);
    driver = uc_spec_get(frame->spec, "driver");
    return driver ? find_driver(graph, frame, driver, error) : begin_unstated(graph, frame, error);
}

/* `name` as an image beside it names it: the reverse of uc_spec_resolve_name(). */
static const char *name_beside(const char *name, const char *beside)
{
    const char *slash = strrchr(beside, '/');
    size_t length = slash ? slash - beside + 1 : 0;

    return strncmp(name, beside, length) == 0 ? name + length : name;
}

static bool set_unstated(GError **error, const UcFrame *frame)
{
    const UcHostFile *host = uc_node_host_file(frame->file);
    const UcHostFile *parent = frame->parent ? uc_node_host_file(frame->parent) : NULL;
    const char *name = host ? host->name : frame->file->name;
    const char *image = parent ? parent->name : "IMAGE";
    g_autofree char *shown = uc_text_escape(name, -1);
    g_autofree char *backing = uc_text_quote(name_beside(name, image));
    g_autofree char *top = uc_text_quote(image);

    return uc_error_set(
        error, UC_ERROR_FAILED,
        "'%s' does not have its format stated, and looks like %s: use --allow-probing, or state "
        "the driver in a graph file, or write it into the image: "
        "qemu-img rebase -u -b %s -F %s %s",
        shown, frame->driver->name, backing, frame->driver->name, top);
}

/* A backing file whose format nobody states may only be what any file is: raw. */
bool uc_frame_probe(UcGraph *graph, UcFrame *frame, GError **error)
{
    frame->driver = uc_probe(frame->file, &frame->believed, error);
    if (!frame->driver)
        return false;
    frame->stage = UC_STAGE_CREATE;
    return !frame->implied || graph->gate.allow_probing ||
           strcmp(frame->driver->name, "raw") == 0 || set_unstated(error, frame);
}
