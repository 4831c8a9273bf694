/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/log.h"

#include "core/text.h"

#include <fuse_log.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

/* The process has one standard error, hence one of these. */
static struct {
    gboolean verbose;
    gboolean quiet;
    bool to_syslog;
    GString *captured; /* NULL: not capturing */
} state;

static const struct {
    int priority;
    const char *prefix;
} levels[] = {
    [UC_LOG_ERROR] = {LOG_ERR, ""},
    [UC_LOG_WARNING] = {LOG_WARNING, "warning: "},
    [UC_LOG_DEBUG] = {LOG_DEBUG, "debug: "},
};

static UcLogLevel least_urgent(void)
{
    if (state.verbose)
        return UC_LOG_DEBUG;
    return state.quiet ? UC_LOG_ERROR : UC_LOG_WARNING;
}

static void say(UcLogLevel level, const char *text)
{
    if (level > least_urgent())
        return;
    g_autofree char *escaped = uc_text_escape(text, -1);
    if (state.to_syslog)
        syslog(levels[level].priority, "%s%s", levels[level].prefix, escaped);
    else
        fprintf(stderr, "unchain: %s%s\n", levels[level].prefix, escaped);
}

void uc_log(UcLogLevel level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    say(level, text);
}

static const char *field_of(const GLogField *fields, gsize n_fields, const char *key)
{
    for (gsize i = 0; i < n_fields; i++)
        if (strcmp(fields[i].key, key) == 0 && fields[i].length < 0)
            return fields[i].value;
    return "";
}

/* Our own library's warnings are meant for the user; other people's are for us. */
static GLogWriterOutput on_glib(GLogLevelFlags flags, const GLogField *fields, gsize n_fields,
                                gpointer data)
{
    (void)data;
    const char *text = field_of(fields, n_fields, "MESSAGE");
    if (strcmp(field_of(fields, n_fields, "GLIB_DOMAIN"), "unchain") != 0)
        say(UC_LOG_DEBUG, text);
    else if (flags & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
        say(UC_LOG_ERROR, text);
    else if (flags & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE))
        say(UC_LOG_WARNING, text);
    else
        say(UC_LOG_DEBUG, text);
    return G_LOG_WRITER_HANDLED;
}

static void on_libfuse(enum fuse_log_level level, const char *format, va_list arguments)
    G_GNUC_PRINTF(2, 0);

static void on_libfuse(enum fuse_log_level level, const char *format, va_list arguments)
{
    (void)level;
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    if (state.captured != NULL)
        g_string_append(state.captured, text);
    else
        say(UC_LOG_DEBUG, g_strchomp(text));
}

void uc_log_init(void)
{
    g_log_set_writer_func(on_glib, NULL, NULL);
    fuse_set_log_func(on_libfuse);
}

void uc_log_add_options(GOptionContext *context)
{
    static const GOptionEntry entries[] = {
        {"verbose", 'v', 0, G_OPTION_ARG_NONE, &state.verbose, "Say more", NULL},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &state.quiet, "Say nothing but errors", NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_option_context_add_main_entries(context, entries, NULL);
}

bool uc_log_is_quiet(void)
{
    return state.quiet;
}

/* syslog(3) reads the time zone when it is used first. */
void uc_log_prepare_syslog(void)
{
    tzset();
    openlog("unchain", LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void uc_log_to_syslog(void)
{
    state.to_syslog = true;
}

void uc_log_capture_begin(void)
{
    state.captured = g_string_new(NULL);
}

char *uc_log_capture_end(void)
{
    char *text = g_strdelimit(g_string_free(g_steal_pointer(&state.captured), FALSE), "\n", ' ');
    return g_strstrip(text);
}
