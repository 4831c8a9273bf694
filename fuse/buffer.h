/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/*
 * Memory for what is read. It begins with a page, because the kernel copies page by page, and
 * pages that lie across two of its own take it twice as long or more.
 */

/* NULL: there is not enough. The caller releases it with free(3). */
void *uc_buffer_new(size_t size);

/*
 * Each thread that serves keeps one buffer, grown to the largest request it has met: nothing is
 * allocated for a read, and what one request has warmed in the processor's cache the next one
 * writes over.
 */

/* The calling thread's, for `size` > 0 bytes at least; NULL if there is not enough memory. What
 * is in it lasts until the next call. */
char *uc_buffer_of_thread(size_t size);
