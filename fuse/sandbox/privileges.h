/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "fuse/sandbox/sandbox.h"

/* No program that it might start has more rights than itself. The other walls need this. */
bool uc_privileges_renounce(const UcSandbox *sandbox, GError **error);

/* Gives up all capabilities; while opening, root keeps the one to read files of others. */
bool uc_privileges_drop(const UcSandbox *sandbox, GError **error);

/* Lowers the limits of getrlimit(2) that reading and answering never reaches. */
bool uc_privileges_limit(const UcSandbox *sandbox, GError **error);
