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

void *uc_buffer_new(size_t size)
{
    void *bytes;
    return posix_memalign(&bytes, sysconf(_SC_PAGESIZE), size) == 0 ? bytes : NULL;
}

static void grow(Buffer *buffer, size_t size)
{
    free(buffer->bytes);
    buffer->bytes = uc_buffer_new(size);
    buffer->size = buffer->bytes != NULL ? size : 0;
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
