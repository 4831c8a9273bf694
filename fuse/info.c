/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/command.h"
#include "fuse/info_output.h"
#include "fuse/source.h"

/* ---- what the user wrote ---- */

typedef struct Request {
    char **words;
    char *output;
    gboolean backing_chain;
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
        {"output", 0, 0, G_OPTION_ARG_FILENAME, &request->output, "How to print", "human|json"},
        {"backing-chain", 0, 0, G_OPTION_ARG_NONE, &request->backing_chain,
         "One entry for each layer of the backing chain", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &request->words, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = uc_command_context(&uc_command_info);
    g_option_context_add_main_entries(context, entries, NULL);
    uc_sources_add_options(sources, context);
    return uc_command_parse(context, &argc, &argv, error);
}

static bool info_run(int argc, char **argv, GError **error)
{
    g_autoptr(UcSources) sources = uc_sources_new();
    g_auto(Request) request = {0};
    bool json;
    if (!request_parse(&request, sources, argc, argv, error) ||
        !uc_command_parse_output(request.output, &json, error))
        return false;
    const UcNode *node = uc_sources_open_one(sources, request.words, error);
    if (node == NULL)
        return false;
    if (json)
        uc_info_print_json(node, request.backing_chain);
    else
        uc_info_print_human(node, request.backing_chain);
    return true;
}

const UcCommand uc_command_info = {
    .name = "info",
    .arguments = "SOURCE",
    .summary = "Shows the graph of an image: its nodes, their sizes, formats and features.",
    .run = info_run,
};
