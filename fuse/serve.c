/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/serve.h"

#include "fuse/buffer.h"
#include "fuse/log.h"
#include "fuse/refuse.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#define FOREVER (365 * 24 * 3600.0) /* seconds */
#define NEVER 0.0
/* Read-ahead that the kernel may have under way, for all files: if those of one that hangs were all
 * that is allowed, nobody else could read. */
#define BACKGROUND_REQUESTS UINT16_MAX

/* ---- node ids: 1 is the root, the exports follow in order ---- */

static const UcServe *serve_of(fuse_req_t request)
{
    return fuse_req_userdata(request);
}

static fuse_ino_t id_of(guint index)
{
    return FUSE_ROOT_ID + 1 + index;
}

/* Of a file. The kernel only sends ids that it was given. */
static guint index_of(const UcServe *serve, fuse_ino_t id)
{
    return serve->is_file ? 0 : id - FUSE_ROOT_ID - 1;
}

/* NULL: the directory. */
static UcExport *export_of(const UcServe *serve, fuse_ino_t id)
{
    if (!serve->is_file && id == FUSE_ROOT_ID)
        return NULL;
    return g_ptr_array_index(serve->exports, index_of(serve, id));
}

/* Returns for how long the attributes are good. */
static double attributes_of(const UcServe *serve, fuse_ino_t id, struct stat *attributes)
{
    const UcExport *export = export_of(serve, id);
    if (export != NULL)
        return uc_export_stat(export, attributes) ? FOREVER : NEVER;
    *attributes = serve->directory;
    return FOREVER;
}

static struct fuse_entry_param entry_of(const UcServe *serve, fuse_ino_t id)
{
    struct fuse_entry_param entry = {.ino = id, .entry_timeout = FOREVER};
    entry.attr_timeout = attributes_of(serve, id, &entry.attr);
    return entry;
}

/* ---- the connection ---- */

/* What is asked for after -o. Splicing is not to be had through a connection of our own, and
 * libfuse ends a mount that wants what it cannot have; it makes the buffer for requests as large as
 * the largest write, which would be none at all for a careless number. Nothing is written here. */
static void apply_options(struct fuse_conn_info_opts *options, struct fuse_conn_info *connection)
{
    unsigned max_write = connection->max_write;
    fuse_apply_conn_info_opts(options, connection);
    connection->max_write = max_write;
    connection->want &= connection->capable;
}

static void serve_init(void *data, struct fuse_conn_info *connection)
{
    const UcServe *serve = data;
    connection->max_background = BACKGROUND_REQUESTS;
    connection->max_read = serve->max_read;
    /* More than the kernel has offered: the supervisor may have raised it already, and the answer
     * to the greeting must not lower it again. */
    connection->max_readahead = MIN(serve->read_ahead, UINT_MAX);
    /* Nothing changes behind the kernel's back: it need not look before it trusts its cache. */
    connection->want &= ~FUSE_CAP_AUTO_INVAL_DATA;
    if (serve->passthrough)
        uc_passthrough_greet(connection);
    apply_options(serve->connection, connection);
    serve->ready(serve->ready_data);
}

static void serve_statfs(fuse_req_t request, fuse_ino_t id)
{
    (void)id;
    const GPtrArray *exports = serve_of(request)->exports;
    struct statvfs answer = {
        .f_bsize = 4096, .f_frsize = 4096, .f_files = exports->len, .f_namemax = NAME_MAX};
    for (guint i = 0; i < exports->len; i++) {
        const UcExport *export = g_ptr_array_index(exports, i);
        answer.f_blocks += export->node->size / 4096 + (export->node->size % 4096 != 0);
    }
    fuse_reply_statfs(request, &answer);
}

/* ---- names and attributes ---- */

static void serve_lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
    (void)parent;
    const UcServe *serve = serve_of(request);
    for (guint i = 0; i < serve->exports->len; i++) {
        const UcExport *export = g_ptr_array_index(serve->exports, i);
        if (strcmp(export->name, name) != 0)
            continue;
        struct fuse_entry_param entry = entry_of(serve, id_of(i));
        fuse_reply_entry(request, &entry);
        return;
    }
    struct fuse_entry_param absent = {.entry_timeout = FOREVER};
    fuse_reply_entry(request, &absent);
}

static void serve_getattr(fuse_req_t request, fuse_ino_t id, struct fuse_file_info *file)
{
    (void)file;
    struct stat attributes;
    double timeout = attributes_of(serve_of(request), id, &attributes);
    fuse_reply_attr(request, &attributes, timeout);
}

/* ---- the directory ---- */

static const char *name_at(const UcServe *serve, guint position)
{
    if (position < 2)
        return position == 0 ? "." : "..";
    return ((UcExport *)g_ptr_array_index(serve->exports, position - 2))->name;
}

static size_t add_entry(fuse_req_t request, char *buffer, size_t room, guint position, bool plus)
{
    const UcServe *serve = serve_of(request);
    const char *name = name_at(serve, position);
    fuse_ino_t id = position < 2 ? FUSE_ROOT_ID : id_of(position - 2);
    struct fuse_entry_param entry = entry_of(serve, id);
    if (plus)
        return fuse_add_direntry_plus(request, buffer, room, name, &entry, position + 1);
    return fuse_add_direntry(request, buffer, room, name, &entry.attr, position + 1);
}

static void reply_directory(fuse_req_t request, size_t size, off_t offset, bool plus)
{
    const guint entries = 2 + serve_of(request)->exports->len;
    g_autofree char *buffer = g_malloc(size);
    size_t used = 0;
    for (guint position = offset; position < entries; position++) {
        size_t needed = add_entry(request, buffer + used, size - used, position, plus);
        if (needed > size - used)
            break;
        used += needed;
    }
    fuse_reply_buf(request, buffer, used);
}

static void serve_opendir(fuse_req_t request, fuse_ino_t id, struct fuse_file_info *file)
{
    (void)id;
    file->keep_cache = 1;
    file->cache_readdir = 1;
    fuse_reply_open(request, file);
}

static void serve_readdir(fuse_req_t request, fuse_ino_t id, size_t size, off_t offset,
                          struct fuse_file_info *file)
{
    (void)id;
    (void)file;
    reply_directory(request, size, offset, false);
}

static void serve_readdirplus(fuse_req_t request, fuse_ino_t id, size_t size, off_t offset,
                              struct fuse_file_info *file)
{
    (void)id;
    (void)file;
    reply_directory(request, size, offset, true);
}

/* ---- the files ---- */

static void serve_open(fuse_req_t request, fuse_ino_t id, struct fuse_file_info *file)
{
    UcExport *export = export_of(serve_of(request), id);
    if ((file->flags & O_ACCMODE) != O_RDONLY || (file->flags & O_TRUNC) != 0) {
        fuse_reply_err(request, EROFS);
        return;
    }
    file->keep_cache = 1;
    file->direct_io = serve_of(request)->direct_io;
    uc_passthrough_open(&export->passthrough, file);
    fuse_reply_open(request, file);
}

/* ---- what needs the image: each request waits for its turn ---- */

typedef struct Question {
    fuse_req_t request;
    UcExport *export;
    uint64_t offset;
    size_t size;
    int whence; /* SEEK_HOLE, SEEK_DATA; SEEK_SET: a read */
} Question;

static void seek(const Question *question)
{
    UcSeeker *seeker = question->export->seeker;
    uint64_t found;
    if (question->whence == SEEK_HOLE)
        fuse_reply_lseek(question->request, uc_seeker_hole(seeker, question->offset));
    else if (uc_seeker_data(seeker, question->offset, &found))
        fuse_reply_lseek(question->request, found);
    else
        fuse_reply_err(question->request, ENXIO);
}

/* One bad range can be asked for page by page for ever: say it a few times only. */
#define COMPLAINTS 20

static void complain(const Question *question, const GError *error)
{
    UcExport *export = question->export;
    bool is_said = g_error_matches(error, UC_ERROR, UC_ERROR_CHANGED);
    unsigned n = is_said ? COMPLAINTS : atomic_fetch_add(&export->complaints, 1);
    uc_log(n < COMPLAINTS ? UC_LOG_ERROR : UC_LOG_DEBUG,
           "%s: cannot read %zu bytes at %" G_GUINT64_FORMAT ": %s%s", export->name, question->size,
           question->offset, error->message,
           n + 1 == COMPLAINTS ? " (further errors are not shown)" : "");
}

/* All of the request or one errno: the kernel would take a short answer for the end of the file. */
static void read_bytes(const Question *question)
{
    fuse_req_t request = question->request;
    char *buffer = uc_buffer_of_thread(question->size);
    g_autoptr(GError) error = NULL;
    if (buffer == NULL) {
        fuse_reply_err(request, ENOMEM);
    } else if (uc_node_read(question->export->node, question->offset, buffer, question->size,
                            &error)) {
        fuse_reply_buf(request, buffer, question->size);
    } else {
        complain(question, error);
        fuse_reply_err(request, g_error_matches(error, UC_ERROR, UC_ERROR_MEMORY) ? ENOMEM : EIO);
    }
}

static void answer(gpointer job)
{
    const Question *question = job;
    if (question->whence == SEEK_SET)
        read_bytes(question);
    else
        seek(question);
}

static void ask(fuse_ino_t id, Question *question)
{
    const UcServe *serve = serve_of(question->request);
    uc_turns_do(serve->turns, index_of(serve, id), answer, question, sizeof *question);
}

/* ext4's answers: outside the file, or no data any more, is ENXIO. Nothing else ever fails. */
static void serve_lseek(fuse_req_t request, fuse_ino_t id, off_t offset, int whence,
                        struct fuse_file_info *file)
{
    (void)file;
    UcExport *export = export_of(serve_of(request), id);
    Question question = {request, export, offset, 0, whence};
    if (whence != SEEK_DATA && whence != SEEK_HOLE)
        fuse_reply_err(request, EINVAL);
    else if (offset < 0 || (uint64_t)offset >= export->node->size)
        fuse_reply_err(request, ENXIO);
    else
        ask(id, &question);
}

static void serve_read(fuse_req_t request, fuse_ino_t id, size_t size, off_t offset,
                       struct fuse_file_info *file)
{
    (void)file;
    UcExport *export = export_of(serve_of(request), id);
    const uint64_t end = export->node->size, at = offset;
    Question question = {request, export, at, at < end ? MIN(size, end - at) : 0, SEEK_SET};
    if (question.size == 0)
        fuse_reply_buf(request, NULL, 0);
    else
        ask(id, &question);
}

const struct fuse_lowlevel_ops uc_serve_operations = {
    .init = serve_init,
    .statfs = serve_statfs,
    .lookup = serve_lookup,
    .getattr = serve_getattr,
    .opendir = serve_opendir,
    .readdir = serve_readdir,
    .readdirplus = serve_readdirplus,
    .open = serve_open,
    .lseek = serve_lseek,
    .read = serve_read,
    UC_REFUSALS,
};
