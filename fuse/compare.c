/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/command.h"
#include "fuse/difference.h"
#include "fuse/log.h"
#include "fuse/source.h"

#include <inttypes.h>
#include <stdio.h>

/* As cmp(1) has it: 0 the same, 1 different, 2 it cannot be told. */
enum { EXIT_TROUBLE = 2 };

typedef struct Request {
    char **words;
    char *second_format;
    gboolean ignore_size;
} Request;

static void request_clear(Request *request)
{
    g_strfreev(request->words);
    g_free(request->second_format);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Request, request_clear)

static bool request_parse(Request *request, UcSources *sources, int argc, char **argv,
                          GError **error)
{
    const GOptionEntry entries[] = {
        {"second-format", 'F', 0, G_OPTION_ARG_FILENAME, &request->second_format,
         "The format of the second image, if it is not that of the first", "FORMAT"},
        {"ignore-size", 0, 0, G_OPTION_ARG_NONE, &request->ignore_size,
         "A longer image whose rest is zeroes has the same contents", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &request->words, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = uc_command_context(&uc_command_compare);
    g_option_context_add_main_entries(context, entries, NULL);
    uc_sources_add_options(sources, context);
    return uc_command_parse(context, &argc, &argv, error);
}

/* ---- the verdict ---- */

static void print_byte(const UcNode *const nodes[2], char *const titles[2],
                       const UcDifference *found)
{
    int shorter = nodes[0]->size <= nodes[1]->size ? 0 : 1;
    if (found->offset >= nodes[shorter]->size)
        printf("%s %s differ: at %" PRIu64 " %s has ended, %s has 0x%02x\n", titles[0], titles[1],
               found->offset, titles[shorter], titles[!shorter], found->bytes[!shorter]);
    else
        printf("%s %s differ: at %" PRIu64 " %s has 0x%02x, %s 0x%02x\n", titles[0], titles[1],
               found->offset, titles[0], found->bytes[0], titles[1], found->bytes[1]);
}

static void print_sizes(const UcNode *const nodes[2], char *const titles[2])
{
    int longer = nodes[0]->size > nodes[1]->size ? 0 : 1;
    printf("%s %s differ in size only: %s is longer by %" PRIu64 " bytes, all of them zeroes\n",
           titles[0], titles[1], titles[longer], nodes[longer]->size - nodes[!longer]->size);
}

/* Whether they count as the same; says which. */
static bool conclude(const UcNode *const nodes[2], char *const titles[2], const UcDifference *found,
                     bool ignore_size)
{
    bool same_size = nodes[0]->size == nodes[1]->size;
    if (uc_log_is_quiet())
        return !found->found && (same_size || ignore_size);
    if (found->found)
        print_byte(nodes, titles, found);
    else if (!same_size)
        print_sizes(nodes, titles);
    else
        printf("%s %s have the same contents\n", titles[0], titles[1]);
    return !found->found && (same_size || ignore_size);
}

static bool compare_run(int argc, char **argv, GError **error)
{
    g_autoptr(UcSources) sources = uc_sources_new();
    g_auto(Request) request = {0};
    UcDifference found;
    if (!request_parse(&request, sources, argc, argv, error) ||
        !uc_sources_open_pair(sources, request.words, request.second_format, error))
        return false;
    const UcSource *first = sources->list->pdata[0], *second = sources->list->pdata[1];
    const UcNode *const nodes[] = {first->node, second->node};
    if (!uc_difference_find(nodes, &found, error))
        return false;
    g_autofree char *one = uc_source_title(first), *other = uc_source_title(second);
    char *const titles[] = {one, other};
    return conclude(nodes, titles, &found, request.ignore_size);
}

const UcCommand uc_command_compare = {
    .name = "compare",
    .arguments = "SOURCE SOURCE",
    .summary = "Says whether two images show the same contents.",
    .run = compare_run,
    .trouble = EXIT_TROUBLE,
};
