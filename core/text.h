/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Text that comes out of an image or a file name, made fit for a terminal and for JSON: valid
 * UTF-8 in which control characters, invalid bytes and the characters that reorder a line are
 * written as \xNN. `length` is in bytes, -1 for a NUL-terminated text. The caller frees.
 */
char *uc_text_escape(const char *text, gssize length);

/* The same as one word of a command line that can be copied to a shell (of those that know $'',
 * where there is something to escape). The caller frees. */
char *uc_text_quote(const char *text);

/* A size as people write it: 65536 is "64 KiB", 1000 is "1000 bytes". The caller frees. */
char *uc_text_size(guint64 bytes);
