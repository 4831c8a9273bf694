/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/* Descriptors that go from one process to another, through a socket between them. */

bool uc_descriptor_send(int socket, int fd);
/* Closed on exec. -1: none has come, and errno says why: 0 if the other end sends nothing any more,
 * EMFILE if this process may have no more. */
int uc_descriptor_receive(int socket);

/* Closes what the process was started with, but for the standard streams and these two. */
void uc_descriptor_close_others(int one, int other);
