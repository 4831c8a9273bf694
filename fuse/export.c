/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/export.h"

#include "core/text.h"
#include "fuse/grant.h"
#include "fuse/log.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

/* Larger makes cp and stdio ask for more at once; the kernel keeps only its logarithm. */
#define BLOCK_SIZE (1 << 20)

/* ---- the host files below a node ---- */

/* Of const UcHostFile. */
static GPtrArray *files_below(const UcNode *node)
{
    g_autoptr(GPtrArray) nodes = uc_graph_list(node);
    GPtrArray *files = g_ptr_array_new();
    for (guint i = 0; i < nodes->len; i++) {
        const UcHostFile *file = ((UcNode *)g_ptr_array_index(nodes, i))->file;
        if (file != NULL)
            g_ptr_array_add(files, (gpointer)file);
    }
    return files;
}

/* ---- attributes ---- */

static mode_t file_mode(const UcOwnership *ownership, const GPtrArray *files, gid_t gid)
{
    if (ownership->mode != UC_EXPORT_UNSET)
        return ownership->mode & 0777;
    if (ownership->umask != UC_EXPORT_UNSET)
        return 0444 & ~ownership->umask;
    return S_IRUSR | (ownership->allow_other ? uc_grant_of_files(files, gid) : 0);
}

static void set_owner(struct stat *attributes, const UcOwnership *ownership)
{
    attributes->st_uid = ownership->uid != UC_EXPORT_UNSET ? ownership->uid : getuid();
    attributes->st_gid = ownership->gid != UC_EXPORT_UNSET ? ownership->gid : getgid();
}

static void set_times(struct stat *attributes, const struct timespec *time)
{
    attributes->st_atim = attributes->st_mtim = attributes->st_ctim = *time;
}

static bool is_later(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* Whoever asks for others wants them to read. */
static void warn_of_others(const UcExport *export, const UcOwnership *ownership)
{
    if (ownership->allow_other && (export->attributes.st_mode & (S_IRGRP | S_IROTH)) == 0 &&
        ownership->mode == UC_EXPORT_UNSET && ownership->umask == UC_EXPORT_UNSET)
        uc_log(UC_LOG_WARNING,
               "%s: others cannot read it, because they cannot read all of its files; "
               "-o umask=022 lets them",
               export->name);
}

static struct timespec newest(const GPtrArray *files)
{
    struct timespec time = {0};
    for (guint i = 0; i < files->len; i++) {
        const struct stat *stat = &((UcHostFile *)g_ptr_array_index(files, i))->stat;
        if (is_later(&stat->st_mtim, &time))
            time = stat->st_mtim;
        if (is_later(&stat->st_ctim, &time))
            time = stat->st_ctim;
    }
    return time;
}

static uint64_t host_blocks(const GPtrArray *files)
{
    uint64_t blocks = 0;
    for (guint i = 0; i < files->len; i++)
        blocks += ((UcHostFile *)g_ptr_array_index(files, i))->stat.st_blocks;
    return blocks;
}

/* From the name alone, so that it survives a remount. */
static ino_t inode_of_name(const char *name)
{
    return (XXH3_64bits(name, strlen(name)) & INT64_MAX) | 2;
}

static UcExport *export_new(const UcSource *source, const UcOwnership *ownership)
{
    g_autoptr(GPtrArray) files = files_below(source->node);
    struct timespec time = newest(files);
    UcExport *export = g_new0(UcExport, 1);
    export->name = g_strdup(source->name);
    export->node = source->node;
    set_owner(&export->attributes, ownership);
    set_times(&export->attributes, &time);
    export->attributes.st_mode = S_IFREG | file_mode(ownership, files, export->attributes.st_gid);
    warn_of_others(export, ownership);
    export->attributes.st_ino = inode_of_name(export->name);
    export->attributes.st_size = source->node->size;
    export->attributes.st_blksize = BLOCK_SIZE;
    export->attributes.st_nlink = 1;
    export->seeker = uc_seeker_new(source->node, UC_SEEK_GRANULARITY, UC_SEEK_PATIENCE);
    uc_blocks_init(&export->blocks, source->node, host_blocks(files));
    return export;
}

static void export_free(gpointer data)
{
    UcExport *export = data;
    uc_seeker_free(export->seeker);
    g_free(export->name);
    g_free(export);
}

/* ---- names ---- */

static bool check_name(const char *name, GError **error)
{
    if (*name != '\0' && strchr(name, '/') == NULL && strcmp(name, ".") != 0 &&
        strcmp(name, "..") != 0 && strlen(name) <= NAME_MAX)
        return true;
    return uc_error_set(error, UC_ERROR_USAGE, "\"%s\" cannot be the name of a file", name);
}

static bool check_clash(const GPtrArray *exports, const UcSource *source, GError **error)
{
    for (guint i = 0; i < exports->len; i++) {
        const UcExport *other = g_ptr_array_index(exports, i);
        if (strcmp(other->name, source->name) != 0)
            continue;
        return uc_error_set(error, UC_ERROR_USAGE,
                            "two sources would be called \"%s\": name one of them, as in "
                            "other.raw=%s",
                            source->name, source->origin);
    }
    return true;
}

GPtrArray *uc_exports_new(const UcSources *sources, const UcOwnership *ownership, GError **error)
{
    g_autoptr(GPtrArray) exports = g_ptr_array_new_with_free_func(export_free);
    for (guint i = 0; i < sources->list->len; i++) {
        const UcSource *source = g_ptr_array_index(sources->list, i);
        if (!check_name(source->name, error) || !check_clash(exports, source, error))
            return NULL;
        g_ptr_array_add(exports, export_new(source, ownership));
    }
    return g_steal_pointer(&exports);
}

struct stat uc_exports_directory(const GPtrArray *exports, const UcOwnership *ownership)
{
    struct stat attributes = {.st_ino = 1, .st_nlink = 2, .st_mode = S_IFDIR | 0500};
    if (ownership->allow_other)
        attributes.st_mode |= 0055;
    if (ownership->umask != UC_EXPORT_UNSET)
        attributes.st_mode = S_IFDIR | (0555 & ~ownership->umask);
    set_owner(&attributes, ownership);
    for (guint i = 0; i < exports->len; i++) {
        const UcExport *export = g_ptr_array_index(exports, i);
        if (is_later(&export->attributes.st_mtim, &attributes.st_mtim))
            set_times(&attributes, &export->attributes.st_mtim);
    }
    return attributes;
}

bool uc_export_stat(const UcExport *export, struct stat *attributes)
{
    uint64_t blocks;
    bool known = uc_blocks_get(&export->blocks, &blocks);
    *attributes = export->attributes;
    attributes->st_blocks = blocks;
    return known;
}
