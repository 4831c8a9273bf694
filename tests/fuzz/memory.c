/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/memory.h"

#include "core/opening.h"
#include "core/text.h"

#include <string.h>

#define BLOCK 512
#define MOST_BLOCKS 256 /* that one answer joins */

extern const UcDriver uc_driver_file, uc_driver_raw, uc_driver_qcow2, uc_driver_null_co,
    uc_driver_blkdebug, uc_driver_blkverify, uc_driver_copy_on_read, uc_driver_compress,
    uc_driver_preallocate, uc_driver_copy_before_write, uc_driver_snapshot_access, uc_driver_quorum;

static const MemoryFile *files;
static size_t n_files;

void memory_use(const MemoryFile *used, size_t count)
{
    files = used;
    n_files = count;
}

const MemoryFile *memory_find(const char *name)
{
    while (g_str_has_prefix(name, "./"))
        name += 2;
    for (size_t i = 0; i < n_files; i++)
        if (strcmp(files[i].name, name) == 0)
            return &files[i];
    return NULL;
}

/* What is there of the piece of that number, as far as it lies in [offset, end). */
static void copy_piece(const MemoryFile *file, uint64_t number, uint64_t length, uint64_t offset,
                       uint64_t end, uint8_t *buffer)
{
    const uint64_t start = file->piece ? number << file->spread : 0;
    const uint64_t first = number * file->piece;
    const uint64_t from = MAX(offset, start);
    const uint64_t to = MIN(end, start + MIN(length, file->held - first));
    if (from < to)
        memcpy(buffer + (from - offset), file->bytes + first + (from - start), to - from);
}

void memory_read(const MemoryFile *file, uint64_t offset, uint8_t *buffer, size_t length)
{
    const uint64_t end = offset + length;
    memset(buffer, file->fill, length);
    if (file->piece == 0) {
        copy_piece(file, 0, file->held, offset, end, buffer);
        return;
    }
    for (uint64_t i = offset >> file->spread;
         i << file->spread < end && i * file->piece < file->held; i++)
        copy_piece(file, i, file->piece, offset, end, buffer);
}

typedef struct Memory {
    const MemoryFile *file;
} Memory;

/* Its own inode, so that loops are seen. */
static UcHostFile *host_file(const MemoryFile *file, const char *name)
{
    UcHostFile *host = g_new0(UcHostFile, 1);
    host->fd = -1;
    host->name = g_strdup(name);
    host->size = file->size;
    host->stat.st_ino = file - files + 1;
    return host;
}

static bool memory_open(UcNode *node, const UcOptions *options, GError **error)
{
    const char *name = uc_options_string(options, "filename", NULL);
    const MemoryFile *file = memory_find(name);
    if (!file) {
        g_autofree char *shown = uc_text_escape(name, -1);
        return uc_error_set(error, UC_ERROR_FAILED, "cannot open '%s'", shown);
    }
    ((Memory *)node->state)->file = file;
    UcHostFile *host = host_file(file, name);
    g_ptr_array_add(node->graph->files, host);
    node->file = host;
    node->size = file->size;
    return uc_chain_add(node->graph, host, error);
}

static bool is_hole(const MemoryFile *file, uint64_t block)
{
    static const uint8_t zeroes[BLOCK];
    uint8_t bytes[BLOCK];
    memory_read(file, block, bytes, BLOCK);
    return memcmp(bytes, zeroes, BLOCK) == 0;
}

static UcStep memory_map(const UcNode *node, uint64_t offset, uint64_t length)
{
    const MemoryFile *file = ((const Memory *)node->state)->file;
    const uint64_t start = offset / BLOCK * BLOCK;
    uint64_t end = start + BLOCK;
    if (!file->piece && !file->fill && start >= file->held)
        return uc_step_zero(node->size - offset);
    const bool hole = is_hole(file, start);
    while (end < offset + length && end < start + MOST_BLOCKS * BLOCK && is_hole(file, end) == hole)
        end += BLOCK;
    return hole ? uc_step_zero(end - offset) : uc_step_self(UC_WHY_STORED, end - offset);
}

static bool memory_produce(const UcNode *node, uint64_t offset, void *buffer, size_t length,
                           GError **error)
{
    (void)error;
    memory_read(((const Memory *)node->state)->file, offset, buffer, length);
    return true;
}

#define MEMORY_DRIVER(driver_name)                                                                 \
    {                                                                                              \
        .name = driver_name, .state_size = sizeof(Memory), .open = memory_open, .map = memory_map, \
        .read = memory_produce                                                                     \
    }

static UcDriver driver_file = MEMORY_DRIVER("file");
static UcDriver driver_host_device = MEMORY_DRIVER("host_device");

/* It can be told to wait as long as one likes: not here. */
static const UcOption null_options[] = {
    {.name = "size", .type = UC_OPTION_SIZE}, {.name = "read-zeroes", .type = UC_OPTION_BOOL}, {0}};
static UcDriver driver_null_co;

static void __attribute__((constructor)) take_over(void)
{
    driver_file.options = driver_host_device.options = uc_driver_file.options;
    driver_null_co = uc_driver_null_co;
    driver_null_co.options = null_options;
}

#define SOUND_DRIVERS                                                                              \
    &driver_file, &driver_host_device, &driver_null_co, &uc_driver_raw, &uc_driver_qcow2,          \
        &uc_driver_copy_on_read, &uc_driver_compress, &uc_driver_preallocate,                      \
        &uc_driver_copy_before_write, &uc_driver_snapshot_access, &uc_driver_quorum

const UcDriver *const memory_drivers[] = {SOUND_DRIVERS, NULL};
const UcDriver *const memory_drivers_failing[] = {SOUND_DRIVERS, &uc_driver_blkdebug,
                                                  &uc_driver_blkverify, NULL};
