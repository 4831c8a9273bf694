/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/command.h"
#include "fuse/map_output.h"
#include "fuse/map_rows.h"
#include "fuse/pick.h"
#include "fuse/source.h"

#include <string.h>

/* ---- what the user wrote ---- */

typedef struct Request {
    char **words;
    char *output;
    char *start;
    char *length;
    char *base;
    char *granularity;
    gboolean explain;
    gboolean nbd;
} Request;

static void request_clear(Request *request)
{
    g_strfreev(request->words);
    g_free(request->output);
    g_free(request->start);
    g_free(request->length);
    g_free(request->base);
    g_free(request->granularity);
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
        {"base", 0, 0, G_OPTION_ARG_FILENAME, &request->base,
         "Say what lies above this node, and where the rest enters it", "NODE"},
        {"granularity", 0, 0, G_OPTION_ARG_FILENAME, &request->granularity,
         "Speak of whole blocks: zeroes shrink to them, data grows", "SIZE"},
        {"nbd", 0, 0, G_OPTION_ARG_NONE, &request->nbd,
         "Print what an NBD client would be told, as nbdinfo does", NULL},
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

/* A path is that of one extent, and NBD has no word for a base. */
static bool request_check(const Request *request, GError **error)
{
    const char *other = request->explain ? "--explain" : request->base != NULL ? "--base" : NULL;
    if (request->explain && request->granularity != NULL)
        return uc_error_set(
            error, UC_ERROR_USAGE,
            "--explain and --granularity exclude each other: a block has many paths");
    if (request->nbd && other != NULL)
        return uc_error_set(error, UC_ERROR_USAGE,
                            "--nbd and %s exclude each other: NBD says data, zero and hole only",
                            other);
    return true;
}

static bool parse_range(const Request *request, uint64_t *start, uint64_t *length, GError **error)
{
    *start = 0;
    *length = UINT64_MAX;
    return uc_command_parse_size("--start-offset", request->start, start, error) &&
           uc_command_parse_size("--max-length", request->length, length, error);
}

static bool parse_granularity(const char *text, uint64_t *granularity, GError **error)
{
    *granularity = 1;
    if (!uc_command_parse_size("--granularity", text, granularity, error))
        return false;
    return *granularity > 0 ||
           uc_error_set(error, UC_ERROR_USAGE, "--granularity 0: blocks have a size");
}

static bool find_base(const UcNode *node, const char *word, const UcNode **base, GError **error)
{
    *base = word != NULL ? uc_pick_node(node, word, error) : NULL;
    return word == NULL || *base != NULL;
}

/* ---- the listing ---- */

static void print_listing(const UcListing *listing, UcMapOutput *output, uint64_t start,
                          uint64_t length)
{
    UcMapRow row;
    start = MIN(start, listing->node->size);
    g_autoptr(UcRows) rows = uc_rows_new(listing, start, MIN(length, listing->node->size - start));
    (listing->nbd ? uc_map_nbd_begin : uc_map_output_begin)(output);
    while (uc_rows_next(rows, &row))
        (listing->nbd ? uc_map_nbd_row : uc_map_output_row)(output, &row);
    (listing->nbd ? uc_map_nbd_end : uc_map_output_end)(output);
}

static bool map_run(int argc, char **argv, GError **error)
{
    g_autoptr(UcSources) sources = uc_sources_new();
    g_auto(Request) request = {0};
    UcListing listing = {0};
    UcMapOutput output = {0};
    uint64_t start, length;
    if (!request_parse(&request, sources, argc, argv, error) || !request_check(&request, error) ||
        !uc_command_parse_output(request.output, &output.json, error) ||
        !parse_range(&request, &start, &length, error) ||
        !parse_granularity(request.granularity, &listing.query.granularity, error))
        return false;
    listing.node = uc_sources_open_one(sources, request.words, error);
    if (listing.node == NULL || !find_base(listing.node, request.base, &listing.query.base, error))
        return false;
    output.base = listing.query.base;
    listing.query.storage = listing.nbd = request.nbd;
    listing.explain = request.explain;
    print_listing(&listing, &output, start, length);
    return true;
}

const UcCommand uc_command_map = {
    .name = "map",
    .arguments = "SOURCE",
    .summary = "Lists the extents of an image: where every byte comes from.",
    .run = map_run,
};
