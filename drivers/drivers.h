/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/driver.h"

/* Every driver there is, NULL-terminated; for uc_graph_new(). */
extern const UcDriver *const uc_drivers[];
