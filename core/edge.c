/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/edge.h"

UcRole uc_edge_role(const UcEdge *edge)
{
    return edge->port->role;
}
