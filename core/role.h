/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Why an edge exists. Everything the engine concludes about a child follows from this. */
typedef enum {
    UC_ROLE_DATA,     /* stores guest bytes */
    UC_ROLE_METADATA, /* stores what finds them; its bytes are never guest bytes */
    UC_ROLE_FILTERED, /* shows the same bytes at the same offsets */
    UC_ROLE_BACKING,  /* shows through where the node itself holds nothing */
    UC_ROLE_WITNESS,  /* stands beside, to be compared with; its bytes are never shown */
} UcRole;

const char *uc_role_to_string(UcRole role); /* "data", "metadata" ... */
