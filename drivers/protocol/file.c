/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/gate.h"
#include "core/graph.h"
#include "drivers/protocol/hole_map.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/*
 * A file of the host: a regular file, whose holes lseek(2) tells, or a block device, which has
 * none. Its size is the size it had when it was opened; bytes that have gone since cannot be
 * read, they are not zeroes. Nor are those of a file that was changed (core/host_file.h).
 */
typedef struct File {
    int fd;         /* the host file's */
    HoleMap *holes; /* what lseek has said so far; owned */
} File;

#define HOLE_RUNS (1u << 16) /* that are remembered, of 32 bytes or so each */

static const char *const locking_values[] = {
    [UC_LOCKING_AUTO] = "auto", [UC_LOCKING_ON] = "on", [UC_LOCKING_OFF] = "off", NULL};

static UcLocking locking_of(const UcOptions *options)
{
    const char *value = uc_options_string(options, "locking", "auto");
    UcLocking locking = UC_LOCKING_AUTO;

    while (strcmp(locking_values[locking], value) != 0)
        locking++;
    return locking;
}

static bool file_open(UcNode *node, const UcOptions *options, GError **error)
{
    const char *name = uc_options_string(options, "filename", NULL);
    const UcHostFile *host = uc_gate_open_file(node, name, locking_of(options), error);
    File *file = node->state;

    if (!host)
        return false;
    node->file = host;
    node->size = host->size;
    file->fd = host->fd;
    file->holes = hole_map_new(HOLE_RUNS);
    return true;
}

/* Whether nothing but a hole follows: a file that has shrunk says the same and means it not. */
static bool is_whole(const UcNode *node)
{
    off_t end = lseek(((const File *)node->state)->fd, 0, SEEK_END);

    return end >= 0 && (uint64_t)end >= node->size;
}

/* The run of one kind that starts at `run`, by lseek(2). What cannot be told is data. False if
 * that is because of an error; a filesystem that does not know of holes makes none. */
static bool seek_run(const UcNode *node, HoleRun *run)
{
    const File *file = node->state;
    off_t data = lseek(file->fd, run->start, SEEK_DATA), hole;

    run->end = node->size;
    run->is_hole = data < 0 ? errno == ENXIO && is_whole(node) : (uint64_t)data > run->start;
    if (data < 0)
        return errno == ENXIO || errno == EINVAL || errno == EOPNOTSUPP;
    hole = run->is_hole ? data : lseek(file->fd, run->start, SEEK_HOLE);
    if (hole > 0 && (uint64_t)hole > run->start)
        run->end = MIN((uint64_t)hole, node->size);
    return hole > 0;
}

/* Of a file that has been changed nothing is told any more. */
static bool find_run(const UcNode *node, HoleRun *run)
{
    bool told = seek_run(node, run);

    if (uc_host_file_check(node->graph, node->file, NULL))
        return told;
    run->is_hole = false;
    return false;
}

static UcStep file_map(const UcNode *node, uint64_t offset, uint64_t length)
{
    const File *file = node->state;
    HoleRun run = {.start = offset};
    bool told = true;
    UcStep step;

    if (node->file->block_device)
        return uc_step_self(UC_WHY_STORED, length);
    if (!hole_map_find(file->holes, offset, &run)) {
        told = find_run(node, &run);
        if (told)
            run = hole_map_add(file->holes, run);
    }
    step = run.is_hole ? uc_step_zero(run.end - offset)
                       : uc_step_self(UC_WHY_STORED, run.end - offset);
    return told ? step : uc_step_unsure(step);
}

static bool read_all(const UcNode *node, uint64_t offset, void *buffer, size_t length,
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

static bool file_read(const UcNode *node, uint64_t offset, void *buffer, size_t length,
                      GError **error)
{
    g_autoptr(GError) failure = NULL;
    bool done = read_all(node, offset, buffer, length, &failure);

    if (!uc_host_file_check(node->graph, node->file, error))
        return false; /* which explains the failure, if there is one */
    if (!done)
        g_propagate_error(error, g_steal_pointer(&failure));
    return done;
}

/* What lies in the page cache. Filesystems that cannot tell have nothing at hand. */
static size_t file_peek(const UcNode *node, uint64_t offset, void *buffer, size_t length)
{
    const struct iovec whole = {.iov_base = buffer, .iov_len = length};
    ssize_t got = preadv2(((const File *)node->state)->fd, &whole, 1, offset, RWF_NOWAIT);

    return got > 0 && uc_host_file_check(node->graph, node->file, NULL) ? got : 0;
}

static void file_fetch(const UcNode *node, uint64_t offset, uint64_t length)
{
    posix_fadvise(((const File *)node->state)->fd, offset, length, POSIX_FADV_WILLNEED);
}

static void file_close(UcNode *node)
{
    g_clear_pointer(&((File *)node->state)->holes, hole_map_free);
}

static void file_describe(const UcNode *node, GVariantBuilder *facts)
{
    g_variant_builder_add(
        facts, "{sv}", "kind",
        g_variant_new_string(node->file->block_device ? "block device" : "regular file"));
    g_variant_builder_add(facts, "{sv}", "allocated",
                          g_variant_new_uint64((uint64_t)node->file->stat.st_blocks * 512));
}

static const char *const aio_values[] = {"threads", "native", "io_uring", NULL};

/* All but the first are QEMU's. */
static const UcOption file_options[] = {
    {.name = "filename", .required = true, .help = "path of the file"},
    {.name = "aio", .values = aio_values, .help = "how QEMU waits for the host"},
    {.name = "aio-max-batch", .type = UC_OPTION_NUMBER, .help = "how QEMU waits for the host"},
    {.name = "locking", .values = locking_values, .help = "keep others from writing it"},
    {.name = "drop-cache", .type = UC_OPTION_BOOL, .help = "about live migration"},
    {.name = "x-check-cache-dropped", .type = UC_OPTION_BOOL, .help = "about live migration"},
    {.name = "pr-manager", .refused = "cannot be used: a guest's SCSI commands do not come here"},
    {0},
};

#define FILE_DRIVER(driver_name)                                                                   \
    {                                                                                              \
        .name = driver_name, .options = file_options, .state_size = sizeof(File),                  \
        .open = file_open, .close = file_close, .map = file_map, .read = file_read,                \
        .peek = file_peek, .fetch = file_fetch, .describe = file_describe                          \
    }

/* QEMU wants to be told which of them a path is. */
const UcDriver uc_driver_file = FILE_DRIVER("file");
const UcDriver uc_driver_host_device = FILE_DRIVER("host_device");
