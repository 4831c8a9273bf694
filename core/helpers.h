/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/share.h"

/*
 * Threads that work on shares while there are cores that nobody needs: as many as there are cores,
 * less one for who asks, however many ask. They begin when they are first called, not before: a
 * graph may be opened by a process that forks. Each graph has its own; but GLib keeps threads that
 * have ended their work for the next pool, some seconds long.
 */
typedef struct UcHelpers UcHelpers;

UcHelpers *uc_helpers_new(void);
/* Waits for what they are at. */
void uc_helpers_free(UcHelpers *helpers);

/* Somebody begins producing, or ends. Returns how many others are at it. */
guint uc_helpers_enter(UcHelpers *helpers);
void uc_helpers_leave(UcHelpers *helpers);

/* How many cores stand by while one and so many others are producing. */
guint uc_helpers_idle(const UcHelpers *helpers, guint others);

/* Lets so many helpers work on the share, if and when they come to it. */
void uc_helpers_call(UcHelpers *helpers, UcShare *share, guint count);
