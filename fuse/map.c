/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/extent.h"
#include "core/text.h"
#include "fuse/command.h"
#include "fuse/map_output.h"
#include "fuse/source.h"

#include <string.h>

/* ---- what the user wrote ---- */

typedef struct Request {
    char **words;
    char *output;
    char *start;
    char *length;
    gboolean explain;
} Request;

static void request_clear(Request *request)
{
    g_strfreev(request->words);
    g_free(request->output);
    g_free(request->start);
    g_free(request->length);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Request, request_clear)

static bool request_parse(Request *request, UcSources *sources, int argc, char **argv,
                          GError **error)
{
    const GOptionEntry entries[] = {
        {"output", 0, 0, G_OPTION_ARG_FILENAME, &request->output, "How to print", "human|json"},
        {"start-offset", 's', 0, G_OPTION_ARG_FILENAME, &request->start, "Begin here", "OFFSET"},
        {"max-length", 'n', 0, G_OPTION_ARG_FILENAME, &request->length, "Look at so many bytes",
         "LENGTH"},
        {"explain", 0, 0, G_OPTION_ARG_NONE, &request->explain,
         "Print the path of every extent, node by node", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &request->words, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = uc_command_context(&uc_command_map);
    g_option_context_add_main_entries(context, entries, NULL);
    uc_sources_add_options(sources, context);
    return uc_command_parse(context, &argc, &argv, error);
}

/* ---- rows ---- */

static UcMapRow row_of(const UcPath *path)
{
    bool zero = uc_path_is_zero(path);
    bool on_host = !zero && uc_path_is_on_host(path);
    return (UcMapRow){
        .start = path->start,
        .length = path->length,
        .depth = path->depth,
        .present = uc_path_is_present(path),
        .zero = zero,
        .compressed = uc_path_is_compressed(path),
        .file = on_host ? path->node->file : NULL,
        .offset = on_host ? path->offset : 0,
    };
}

/* Extents differ in their paths; rows join those that look the same. */
static bool row_joins(UcMapRow *row, const UcMapRow *next)
{
    bool same = row->length > 0 && row->depth == next->depth && row->present == next->present &&
                row->zero == next->zero && row->compressed == next->compressed &&
                row->file == next->file &&
                (row->file == NULL || row->offset + row->length == next->offset);
    if (same)
        row->length += next->length;
    return same;
}

static void print_rows(const UcNode *node, uint64_t start, uint64_t end, UcMapOutput *output)
{
    UcExtents extents;
    UcPath path;
    UcMapRow pending = {0};
    uc_extents_init(&extents, node, start, end - start, UC_REACH_STATUS);
    while (uc_extents_next(&extents, &path)) {
        UcMapRow row = row_of(&path);
        if (output->explain)
            row.path = uc_path_to_string(&path);
        if (row.path == NULL && row_joins(&pending, &row))
            continue;
        uc_map_output_row(output, &pending);
        pending = row;
    }
    uc_map_output_row(output, &pending);
}

static bool map_run(int argc, char **argv, GError **error)
{
    g_autoptr(UcSources) sources = uc_sources_new();
    g_auto(Request) request = {0};
    UcMapOutput output = {0};
    uint64_t start = 0, length = UINT64_MAX;
    if (!request_parse(&request, sources, argc, argv, error) ||
        !uc_command_parse_output(request.output, &output.json, error) ||
        !uc_command_parse_size("--start-offset", request.start, &start, error) ||
        !uc_command_parse_size("--max-length", request.length, &length, error))
        return false;
    const UcNode *node = uc_sources_open_one(sources, request.words, error);
    if (node == NULL)
        return false;
    output.explain = request.explain;
    start = MIN(start, node->size);
    uc_map_output_begin(&output);
    print_rows(node, start, start + MIN(length, node->size - start), &output);
    uc_map_output_end(&output);
    return true;
}

const UcCommand uc_command_map = {
    .name = "map",
    .arguments = "SOURCE",
    .summary = "Lists the extents of an image: where every byte comes from.",
    .run = map_run,
};
