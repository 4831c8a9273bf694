/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/confine.h"

#include <errno.h>
#include <sys/prctl.h>

bool uc_confine(GError **error)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ||
           uc_error_set(error, UC_ERROR_FAILED, "cannot renounce new privileges: %s",
                        g_strerror(errno));
}
