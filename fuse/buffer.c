/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/buffer.h"

#include <glib.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct Buffer {
    void *bytes;
    size_t size;
} Buffer;

static void buffer_free(gpointer data)
{
    Buffer *buffer = data;
    free(buffer->bytes);
    g_free(buffer);
}

static void grow(Buffer *buffer, size_t size)
{
    free(buffer->bytes);
    *buffer = (Buffer){0};
    if (posix_memalign(&buffer->bytes, sysconf(_SC_PAGESIZE), size) == 0)
        buffer->size = size;
}

char *uc_buffer_of_thread(size_t size)
{
    static GPrivate key = G_PRIVATE_INIT(buffer_free);
    Buffer *buffer = g_private_get(&key);
    if (buffer == NULL) {
        buffer = g_new0(Buffer, 1);
        g_private_set(&key, buffer);
    }
    if (buffer->size < size)
        grow(buffer, size);
    return buffer->size < size ? NULL : buffer->bytes;
}
