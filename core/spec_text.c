/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/spec_text.h"

#include "core/error.h"

#include <stdbool.h>
#include <string.h>

/*
 * What is looked at before json-glib sees a text. It takes comments and single quotes, which JSON
 * has not. Its comments are not those that people write: some versions end one at the next slash,
 * wherever that is. So that it reads what a person reads, it is given none. What follows here
 * counts on that, too: what a comment hides from us, nobody else finds.
 */
#define MAX_NESTING 64

/* What follows the string. In single quotes a backslash is a backslash. */
static const char *end_of_string(const char *at, const char *end)
{
    char quote = *at++;

    while (at < end && *at != quote)
        at += quote == '"' && *at == '\\' ? 2 : 1;
    return at < end ? at + 1 : end;
}

/* What follows the comment; NULL: it is none, or does not end. */
static const char *end_of_comment(const char *at, const char *end)
{
    const char *close =
        end - at >= 2 && at[1] == '*' ? g_strstr_len(at + 2, end - at - 2, "*/") : NULL;

    return close ? close + 2 : NULL;
}

static const char *end_of_token(const char *at, const char *end)
{
    if (*at == '"' || *at == '\'')
        return end_of_string(at, end);
    return *at == '/' ? end_of_comment(at, end) : at + 1;
}

/* A blank for each character. */
static void append_blanks(GString *plain, const char *from, const char *end)
{
    for (; from < end; from++)
        if (((unsigned char)*from & 0xc0) != 0x80)
            g_string_append_c(plain, *from == '\n' ? '\n' : ' ');
}

static void set_no_comment(GError **error, const char *source, const GString *before, bool begins)
{
    const char *newline = strrchr(before->str, '\n');
    glong column = g_utf8_strlen(newline ? newline + 1 : before->str, -1) + 1;
    unsigned line = 1;

    for (const char *at = before->str; *at; at++)
        line += *at == '\n';
    uc_error_set(error, UC_ERROR_USAGE, "%s, line %u, column %ld: not valid JSON: %s", source, line,
                 column, begins ? "a comment that does not end" : "a slash that begins no comment");
}

static GString *without_comments(const char *at, const char *end, const char *source,
                                 GError **error)
{
    g_autoptr(GString) plain = g_string_sized_new(end - at);

    while (at < end) {
        const char *next = end_of_token(at, end);

        if (!next) {
            set_no_comment(error, source, plain, end - at >= 2 && at[1] == '*');
            return NULL;
        }
        if (*at == '/')
            append_blanks(plain, at, next);
        else
            g_string_append_len(plain, at, next - at);
        at = next;
    }
    return g_steal_pointer(&plain);
}

/* The parser recurses; how deep is decided before it sees the text. What strings enclose opens
 * nothing. */
static bool is_too_deep(const GString *plain)
{
    const char *at = plain->str, *end = at + plain->len;
    unsigned depth = 0;

    for (; at < end && depth <= MAX_NESTING; at = end_of_token(at, end)) {
        if (*at == '{' || *at == '[')
            depth++;
        else if ((*at == '}' || *at == ']') && depth > 0)
            depth--;
    }
    return depth > MAX_NESTING;
}

/* A text with a NUL in it would end there, and be another text: another file's name, say. */
static bool names_nul(const char *text, gsize length)
{
    const char *escape = text;

    while ((escape = g_strstr_len(escape, length - (escape - text), "\\u0000"))) {
        gsize slashes = 0;

        while (escape - slashes > text && escape[-(gssize)slashes - 1] == '\\')
            slashes++;
        if (slashes % 2 == 0)
            return true;
        escape++;
    }
    return false;
}

GString *uc_spec_text(const char *text, gsize length, const char *source, GError **error)
{
    if (!g_utf8_validate(text, (gssize)length, NULL)) {
        uc_error_set(error, UC_ERROR_USAGE, "%s: not valid JSON: not UTF-8", source);
        return NULL;
    }
    g_autoptr(GString) plain = without_comments(text, text + length, source, error);

    if (!plain)
        return NULL;
    if (is_too_deep(plain))
        uc_error_set(error, UC_ERROR_USAGE, "%s: nested deeper than %d levels", source,
                     MAX_NESTING);
    else if (names_nul(plain->str, plain->len))
        uc_error_set(error, UC_ERROR_USAGE, "%s: \\u0000 cannot be part of a text", source);
    else
        return g_steal_pointer(&plain);
    return NULL;
}
