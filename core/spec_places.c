/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/spec_places.h"

#include <errno.h>
#include <string.h>

/* Walked over token by token; whether it is valid is for json-glib to say, which allows more than
 * JSON does, and so is that here. */
typedef struct Scan {
    const char *next, *end;
    UcSpecPlace place; /* of `next` */
    UcSpecPlace key;   /* of the key whose value comes next; line 0: none */
    unsigned depth;
    GArray *places;
} Scan;

static void skip(Scan *scan)
{
    unsigned char byte = *scan->next++;

    if (byte == '\n')
        scan->place = (UcSpecPlace){.line = scan->place.line + 1, .column = 1};
    else if ((byte & 0xc0) != 0x80) /* the first byte of a character */
        scan->place.column++;
}

static bool is_at(const Scan *scan, const char *text)
{
    size_t length = strlen(text);

    return (size_t)(scan->end - scan->next) >= length && memcmp(scan->next, text, length) == 0;
}

static void skip_past(Scan *scan, const char *text)
{
    while (scan->next < scan->end && !is_at(scan, text))
        skip(scan);
    for (size_t i = strlen(text); i > 0 && scan->next < scan->end; i--)
        skip(scan);
}

static void skip_blank(Scan *scan)
{
    while (scan->next < scan->end && g_ascii_isspace(*scan->next))
        skip(scan);
}

/* json-glib allows strings in single quotes, where a backslash is one ... */
static void skip_string(Scan *scan)
{
    char quote = *scan->next;

    skip(scan);
    while (scan->next < scan->end && *scan->next != quote) {
        if (quote == '"' && *scan->next == '\\')
            skip(scan);
        if (scan->next < scan->end)
            skip(scan);
    }
    if (scan->next < scan->end)
        skip(scan);
}

static void skip_word(Scan *scan)
{
    while (scan->next < scan->end && !g_ascii_isspace(*scan->next) &&
           !strchr("{}[],:;\"'", *scan->next))
        skip(scan);
}

static void add_value(Scan *scan, UcSpecPlace place)
{
    if (scan->key.line)
        place = scan->key;
    place.is_root = scan->depth == 0;
    g_array_append_val(scan->places, place);
    scan->key.line = 0;
}

static bool overflows(const char *word, const char *end)
{
    g_autofree char *number = g_strndup(word, end - word);
    char *rest;

    errno = 0;
    g_ascii_strtoll(number, &rest, 0);
    return errno == ERANGE && *rest == '\0';
}

static void scan_word(Scan *scan)
{
    const char *word = scan->next;

    add_value(scan, scan->place);
    skip_word(scan);
    g_array_index(scan->places, UcSpecPlace, scan->places->len - 1).overflows =
        overflows(word, scan->next);
}

static void scan_token(Scan *scan)
{
    UcSpecPlace place = scan->place;

    if (strchr("}],:;", *scan->next)) {
        if (strchr("}]", *scan->next) && scan->depth > 0)
            scan->depth--;
        skip(scan);
    } else if (*scan->next == '{' || *scan->next == '[') {
        add_value(scan, place);
        scan->depth++;
        skip(scan);
    } else if (*scan->next == '"' || *scan->next == '\'') {
        skip_string(scan);
        skip_blank(scan);
        if (is_at(scan, ":"))
            scan->key = place;
        else
            add_value(scan, place);
    } else {
        scan_word(scan);
    }
}

GArray *uc_spec_places(const char *text, gsize length)
{
    Scan scan = {.next = text,
                 .end = text + length,
                 .place = {.line = 1, .column = 1},
                 .places = g_array_new(FALSE, FALSE, sizeof(UcSpecPlace))};

    skip_blank(&scan);
    if (is_at(&scan, "var ")) /* ... and an assignment in JavaScript */
        skip_past(&scan, "=");
    for (skip_blank(&scan); scan.next < scan.end; skip_blank(&scan))
        scan_token(&scan);
    return scan.places;
}
