/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/gate.h"
#include "core/graph.h"

#include <errno.h>
#include <unistd.h>

/*
 * A file of the host: a regular file, whose holes lseek(2) tells, or a block device, which has
 * none. Its size is the size it had when it was opened; bytes that have gone since cannot be
 * read, they are not zeroes.
 */
typedef struct File {
    int fd; /* the host file's */
} File;

static bool file_open(UcNode *node, const UcOptions *options, GError **error)
{
    const char *name = uc_options_string(options, "filename", NULL);
    const UcHostFile *host = uc_gate_open_file(node, name, error);
    File *file = node->state;

    if (!host)
        return false;
    node->file = host;
    node->size = host->size;
    file->fd = host->fd;
    return true;
}

/* Whether nothing but a hole follows: a file that has shrunk says the same and means it not. */
static bool is_whole(const UcNode *node)
{
    off_t end = lseek(((const File *)node->state)->fd, 0, SEEK_END);

    return end >= 0 && (uint64_t)end >= node->size;
}

static UcStep file_map(const UcNode *node, uint64_t offset, uint64_t length)
{
    const File *file = node->state;
    off_t data, hole;

    if (node->file->block_device)
        return uc_step_self(UC_WHY_STORED, length);
    data = lseek(file->fd, offset, SEEK_DATA);
    if (data < 0)
        return errno == ENXIO && is_whole(node) ? uc_step_zero(node->size - offset)
                                                : uc_step_self(UC_WHY_STORED, length);
    if ((uint64_t)data > offset)
        return uc_step_zero(data - offset);
    hole = lseek(file->fd, offset, SEEK_HOLE);
    return uc_step_self(UC_WHY_STORED, hole > data ? (uint64_t)(hole - data) : length);
}

static bool file_read(const UcNode *node, uint64_t offset, void *buffer, size_t length,
                      GError **error)
{
    const File *file = node->state;
    size_t done = 0;

    while (done < length) {
        ssize_t got = pread(file->fd, (char *)buffer + done, length - done, offset + done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return uc_error_set(error, UC_ERROR_FAILED,
                                "cannot read %zu bytes at %" G_GUINT64_FORMAT ": %s", length - done,
                                offset + done, g_strerror(errno));
        if (got == 0)
            return uc_error_set(error, UC_ERROR_FAILED,
                                "ends at %" G_GUINT64_FORMAT ", expected %" G_GUINT64_FORMAT
                                " bytes: it has shrunk since it was opened",
                                offset + done, node->size);
        done += got;
    }
    return true;
}

static void file_describe(const UcNode *node, GVariantBuilder *facts)
{
    g_variant_builder_add(
        facts, "{sv}", "kind",
        g_variant_new_string(node->file->block_device ? "block device" : "regular file"));
    g_variant_builder_add(facts, "{sv}", "allocated",
                          g_variant_new_uint64((uint64_t)node->file->stat.st_blocks * 512));
}

static const UcOption file_options[] = {
    {.name = "filename", .type = UC_OPTION_STRING, .required = true, .help = "path of the file"},
    {.name = "aio", .type = UC_OPTION_STRING, .help = "accepted, means nothing here"},
    {.name = "locking", .type = UC_OPTION_STRING, .help = "accepted, means nothing here"},
    {0},
};

const UcDriver uc_driver_file = {
    .name = "file",
    .options = file_options,
    .state_size = sizeof(File),
    .open = file_open,
    .map = file_map,
    .read = file_read,
    .describe = file_describe,
};
