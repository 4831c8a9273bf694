/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "core/error.h"

/*
 * Called once by the worker, after everything is open and mounted and before the first byte of a
 * request is looked at. What the worker needs from here on: read its open files, answer on the
 * FUSE connection, start threads, log, and talk to the supervisor; not open, not execute, not
 * unmount. The place where that becomes a rule the kernel enforces.
 */
bool uc_confine(GError **error);
