/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "core/error.h"

/*
 * Called once by the worker, after everything is open and mounted and before the first byte of a
 * request is looked at. Whatever it might be made to execute from then on gets no privileges that
 * it has not itself (PR_SET_NO_NEW_PRIVS). No more is taken from it: it can still open files.
 */
bool uc_confine(GError **error);
