/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/command.h"

#include "core/option.h"
#include "fuse/log.h"

#include <string.h>

GOptionContext *uc_command_context(const UcCommand *command)
{
    g_autofree char *program = g_strconcat("unchain ", command->name, NULL);
    GOptionContext *context = g_option_context_new(command->arguments);
    g_set_prgname(program);
    g_option_context_set_summary(context, command->summary);
    uc_log_add_options(context);
    return context;
}

bool uc_command_parse(GOptionContext *context, int *argc, char ***argv, GError **error)
{
    g_autoptr(GError) reason = NULL;
    if (g_option_context_parse(context, argc, argv, &reason))
        return true;
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
