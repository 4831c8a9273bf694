/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/command.h"
#include "fuse/graph_picture.h"
#include "fuse/source.h"

#include <stdio.h>
#include <string.h>

typedef struct Request {
    char **words;
    char *output;
} Request;

static void request_clear(Request *request)
{
    g_strfreev(request->words);
    g_free(request->output);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Request, request_clear)

static bool request_parse(Request *request, UcSources *sources, int argc, char **argv,
                          GError **error)
{
    const GOptionEntry entries[] = {
        {"output", 0, 0, G_OPTION_ARG_FILENAME, &request->output, "How to draw", "dot|svg"},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &request->words, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = uc_command_context(&uc_command_graph);
    g_option_context_add_main_entries(context, entries, NULL);
    uc_sources_add_options(sources, context);
    return uc_command_parse(context, &argc, &argv, error);
}

static bool parse_output(const char *text, bool *svg, GError **error)
{
    *svg = g_strcmp0(text, "svg") == 0;
    if (*svg || text == NULL || strcmp(text, "dot") == 0)
        return true;
    return uc_error_set(error, UC_ERROR_USAGE, "--output=%s: expected \"dot\" or \"svg\"", text);
}

static bool draw(UcSources *sources, char *const *words, bool svg, GError **error)
{
    UcPainter painter;
    if (svg && !uc_painter_start(&painter, error))
        return false;
    const UcNode *node = uc_sources_open_one(sources, words, error);
    g_autofree char *dot = node != NULL ? uc_graph_to_dot(node) : NULL;
    if (svg)
        return uc_painter_finish(&painter, dot, error) && dot != NULL;
    if (dot != NULL)
        fputs(dot, stdout);
    return dot != NULL;
}

static bool graph_run(int argc, char **argv, GError **error)
{
    g_autoptr(UcSources) sources = uc_sources_new();
    g_auto(Request) request = {0};
    bool svg;
    return request_parse(&request, sources, argc, argv, error) &&
           parse_output(request.output, &svg, error) && draw(sources, request.words, svg, error);
}

const UcCommand uc_command_graph = {
    .name = "graph",
    .arguments = "SOURCE",
    .summary = "Draws the graph of an image: its nodes and what each is to the other.",
    .run = graph_run,
};
