/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Tells the service manager, if there is one that wants to know (NOTIFY_SOCKET is set), what
 * sd_notify(3) describes: "READY=1", "STOPPING=1" … Failures are nobody's business. */
void uc_notify(const char *state);
