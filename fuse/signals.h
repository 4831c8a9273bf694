/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/*
 * The signals that mean "end the mount": SIGTERM, SIGINT, SIGHUP. They are blocked before the
 * mount exists and from then on read like any other input, so that none can end a process between
 * mounting and being able to unmount.
 */
void uc_signals_block(void);

/* A descriptor that becomes readable when one has come. */
int uc_signals_open(void);
bool uc_signals_take(int fd); /* whether there was one */
