/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/error.h"

#include <string.h>

GQuark uc_error_quark(void)
{
    return g_quark_from_static_string("uc-error-quark");
}

bool uc_error_set(GError **error, UcError code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (error)
        *error = g_error_new_valist(UC_ERROR, code, format, arguments);
    va_end(arguments);
    return false;
}

bool uc_error_name(GError **error, const char *who)
{
    g_autofree char *prefix = g_strconcat(who, ": ", NULL);

    if (error && *error && !g_str_has_prefix((*error)->message, prefix))
        g_prefix_error_literal(error, prefix);
    return false;
}
