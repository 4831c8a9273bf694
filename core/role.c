/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/role.h"

const char *uc_role_to_string(UcRole role)
{
    switch (role) {
    case UC_ROLE_DATA:
        return "data";
    case UC_ROLE_METADATA:
        return "metadata";
    case UC_ROLE_FILTERED:
        return "filtered";
    case UC_ROLE_BACKING:
        return "backing";
    case UC_ROLE_WITNESS:
        return "witness";
    }
    return "?";
}
