/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/command.h"

#include "core/option.h"
#include "fuse/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gboolean wants_help;

/* GLib's own --help writes a character that not every terminal has. */
static const GOptionEntry help_entries[] = {
    {"help", 'h', 0, G_OPTION_ARG_NONE, &wants_help, "Print this and exit", NULL},
    G_OPTION_ENTRY_NULL,
};

static void print_help(GOptionContext *context)
{
    g_autofree char *help = g_option_context_get_help(context, TRUE, NULL);
    g_autoptr(GString) text = g_string_new(help);
    g_string_replace(text, "[OPTION…]", "[options]", 1);
    fputs(text->str, stdout);
}

GOptionContext *uc_command_context(const UcCommand *command)
{
    g_autofree char *program = g_strconcat("unchain ", command->name, NULL);
    GOptionContext *context = g_option_context_new(command->arguments);
    g_set_prgname(program);
    g_option_context_set_summary(context, command->summary);
    g_option_context_set_description(context, command->notes);
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_add_main_entries(context, help_entries, NULL);
    uc_log_add_options(context);
    return context;
}

bool uc_command_parse(GOptionContext *context, int *argc, char ***argv, GError **error)
{
    g_autoptr(GError) reason = NULL;
    if (g_option_context_parse(context, argc, argv, &reason)) {
        if (!wants_help)
            return true;
        print_help(context);
        exit(EXIT_SUCCESS);
    }
    return uc_error_set(error, UC_ERROR_USAGE, "%s (see %s --help)", reason->message,
                        g_get_prgname());
}

bool uc_command_parse_output(const char *text, bool *json, GError **error)
{
    *json = g_strcmp0(text, "json") == 0;
    if (*json || text == NULL || strcmp(text, "human") == 0)
        return true;
    return uc_error_set(error, UC_ERROR_USAGE, "--output=%s: expected \"human\" or \"json\"", text);
}

bool uc_command_parse_size(const char *option, const char *text, uint64_t *bytes, GError **error)
{
    if (text == NULL || uc_size_parse(text, bytes))
        return true;
    return uc_error_set(error, UC_ERROR_USAGE, "%s %s: expected a size such as 65536 or 64k",
                        option, text);
}
