/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/*
 * Everything the program says about itself goes through here: one line each, escaped, on standard
 * error with "unchain: " in front, or to the system log once it runs in the background. What GLib
 * and libfuse have to say is caught as well, so that no library talks to the user directly.
 */
typedef enum {
    UC_LOG_ERROR,   /* always */
    UC_LOG_WARNING, /* not with -q */
    UC_LOG_DEBUG,   /* only with -v */
} UcLogLevel;

void uc_log_init(void);
/* -v and -q. */
void uc_log_add_options(GOptionContext *context);
bool uc_log_is_quiet(void);
/* From here on to syslog(3), facility daemon. Preparing connects to it. */
void uc_log_prepare_syslog(void);
void uc_log_to_syslog(void);

void uc_log(UcLogLevel level, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Between the two, what libfuse says is kept instead of logged; end returns it, one line, to be
 * freed by the caller. For the single-threaded beginning of the program. */
void uc_log_capture_begin(void);
char *uc_log_capture_end(void);
