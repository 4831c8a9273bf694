/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/text.h"

#include <string.h>

/* Control characters move the cursor; the others reorder or hide what stands around them. */
static gboolean is_harmless(gunichar c)
{
    switch (g_unichar_type(c)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_UNASSIGNED:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
        return FALSE;
    default:
        return TRUE;
    }
}

static void append_escaped(GString *escaped, guchar byte)
{
    static const char digits[] = "0123456789abcdef";
    const char text[] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};

    g_string_append_len(escaped, text, sizeof text);
}

/* As uc_text_escape(), with a backslash before each of `special` as well. */
static char *escape(const char *text, const char *end, const char *special)
{
    GString *escaped = g_string_sized_new(end - text);

    while (text < end) {
        gunichar c = g_utf8_get_char_validated(text, end - text);
        gsize bytes = 1;

        if (c != (gunichar)-1 && c != (gunichar)-2 && c != 0) {
            bytes = g_utf8_next_char(text) - text;
            if (is_harmless(c)) {
                if (strchr(special, *text))
                    g_string_append_c(escaped, '\\');
                g_string_append_len(escaped, text, bytes);
                text += bytes;
                continue;
            }
        }
        for (gsize i = 0; i < bytes; i++)
            append_escaped(escaped, text[i]);
        text += bytes;
    }
    return g_string_free(escaped, FALSE);
}

char *uc_text_escape(const char *text, gssize length)
{
    return escape(text, text + (length < 0 ? strlen(text) : (gsize)length), "");
}

char *uc_text_quote(const char *text)
{
    g_autofree char *escaped = uc_text_escape(text, -1);
    gboolean plain =
        strspn(escaped, "/.-_+,:@%" G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS) == strlen(escaped);

    if (plain)
        return g_steal_pointer(&escaped);
    if (strcmp(escaped, text) == 0)
        return g_shell_quote(text);

    /* in $'' the shell makes bytes of what is escaped */
    g_autofree char *inner = escape(text, text + strlen(text), "'\\");

    return g_strdup_printf("$'%s'", inner);
}

char *uc_text_size(guint64 bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    gsize unit = 0;

    while (bytes >= 1024 && bytes % 1024 == 0 && unit + 1 < G_N_ELEMENTS(units)) {
        bytes /= 1024;
        unit++;
    }
    return g_strdup_printf("%" G_GUINT64_FORMAT " %s", bytes,
                           bytes == 1 && unit == 0 ? "byte" : units[unit]);
}
