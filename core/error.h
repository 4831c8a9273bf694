/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/*
 * Errors are GErrors of one domain. There is one code per way of *handling* an error, not per
 * cause: the message says the cause, in one sentence, without a full stop or a newline.
 *
 * A driver states the fact ("L2 table at 65536 lies beyond the end of the file"); the engine puts
 * the node's name in front of it, in one place.
 */
typedef enum {
    UC_ERROR_USAGE,   /* what the user wrote is wrong: exit status 2 */
    UC_ERROR_FAILED,  /* it cannot be done or read: exit status 1, EIO for a read */
    UC_ERROR_MEMORY,  /* not enough memory for it: exit status 1, ENOMEM for a read */
    UC_ERROR_CHANGED, /* a file is not what it was, which was said once: as FAILED, in silence */
} UcError;

#define UC_ERROR (uc_error_quark())
GQuark uc_error_quark(void);

/* Sets *error and returns false, so that a failure is set and returned in one statement. */
bool uc_error_set(GError **error, UcError code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Puts "who: " in front of the message, unless it already stands there. Returns false. */
bool uc_error_name(GError **error, const char *who);
