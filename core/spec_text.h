/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * A JSON text as a parser may see it: it is UTF-8, names no NUL, is not nested too deep, and has no
 * comments, but blanks in their place; all else is in the same lines and columns. NULL: it is not
 * such a text. Private to core.
 */
GString *uc_spec_text(const char *text, gsize length, const char *source, GError **error);
