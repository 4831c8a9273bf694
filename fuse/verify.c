/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/text.h"
#include "drivers/drivers.h"
#include "fuse/command.h"
#include "fuse/log.h"
#include "fuse/progress.h"
#include "fuse/source.h"
#include "fuse/sweep.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- what the user wrote ---- */

/* The manifest is the last word; what stands before it is the source. */
typedef struct Request {
    char **words;
    char *manifest;
} Request;

static void request_clear(Request *request)
{
    g_strfreev(request->words);
    g_free(request->manifest);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Request, request_clear)

static bool request_parse(Request *request, UcSources *sources, int argc, char **argv,
                          GError **error)
{
    const GOptionEntry entries[] = {
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &request->words, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = uc_command_context(&uc_command_verify);
    g_option_context_add_main_entries(context, entries, NULL);
    uc_sources_add_options(sources, context);
    if (!uc_command_parse(context, &argc, &argv, error))
        return false;
    guint n_words = request->words != NULL ? g_strv_length(request->words) : 0;
    if (n_words == 0)
        return uc_error_set(error, UC_ERROR_USAGE, "no manifest is given (see %s --help)",
                            g_get_prgname());
    request->manifest = g_steal_pointer(&request->words[n_words - 1]);
    return true;
}

/* Through the gate, as the driver checksum has it opened: a FIFO would block. */
static UcManifest *open_manifest(const char *name, GError **error)
{
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    g_autoptr(UcSpec) spec = uc_spec_new(UC_SPEC_OBJECT);
    uc_spec_add(spec, "driver", uc_spec_new_string("file"));
    uc_spec_add(spec, "filename", uc_spec_new_string(name));
    const UcNode *node = uc_graph_open(graph, spec, error);
    return node != NULL ? uc_manifest_read(node->file->fd, name, error) : NULL;
}

/* ---- what is found ---- */

typedef struct Finding {
    uint64_t start;
    uint64_t end;    /* start: nothing is wrong there */
    GError *failure; /* it cannot be read; NULL: it differs */
} Finding;

typedef struct Verify {
    const UcNode *node;
    const UcManifest *manifest;
    Finding pending; /* may go on in the next block */
    uint64_t different;
    uint64_t unreadable;
    uint64_t read; /* bytes */
    UcProgress progress;
} Verify;

static void print_blocks(const Finding *finding, uint64_t size)
{
    uint64_t first = finding->start / size, last = (finding->end - 1) / size;
    if (first == last)
        printf("block %" PRIu64, first);
    else
        printf("blocks %" PRIu64 " to %" PRIu64, first, last);
    printf(" at %" PRIu64 " +%" PRIu64, finding->start, finding->end - finding->start);
}

static void print_pending(Verify *verify)
{
    Finding *finding = &verify->pending;
    if (finding->end == finding->start)
        return;
    uc_progress_end(&verify->progress);
    print_blocks(finding, verify->manifest->grid.block_size);
    if (finding->failure != NULL)
        printf(": cannot be read: %s\n", finding->failure->message);
    else
        puts(": differs");
    fflush(stdout);
    g_clear_error(&finding->failure);
    finding->end = finding->start;
}

/* Takes `failure`. */
static void note(Verify *verify, uint64_t start, GError *failure)
{
    Finding *pending = &verify->pending;
    bool joins = pending->end > pending->start && pending->end == start &&
                 (pending->failure != NULL) == (failure != NULL);
    *(failure != NULL ? &verify->unreadable : &verify->different) += 1;
    if (!joins) {
        print_pending(verify);
        *pending = (Finding){.start = start, .failure = g_steal_pointer(&failure)};
    }
    pending->end = uc_grid_end(&verify->manifest->grid, start);
    g_clear_error(&failure);
}

/* ---- looking ---- */

static void check_sum(Verify *verify, uint64_t start, const UcSum *sum)
{
    if (!uc_sum_equal(sum, uc_manifest_sum(verify->manifest, start)))
        note(verify, start, NULL);
}

/* Where there are zeroes, every block that is listed differs. */
static void check_zeroes(Verify *verify, const UcPiece *piece)
{
    const UcManifest *manifest = verify->manifest;
    uint64_t end = piece->offset + piece->length;
    for (guint i = uc_manifest_find(manifest, piece->offset);
         i < manifest->blocks->len && uc_manifest_block(manifest, i)->offset < end; i++)
        note(verify, uc_manifest_block(manifest, i)->offset, NULL);
}

/* Something in the piece cannot be read: which blocks? */
static void check_block_by_block(Verify *verify, const UcPiece *piece)
{
    const UcGrid *grid = &verify->manifest->grid;
    g_autofree uint8_t *bytes = g_malloc(grid->block_size);
    uint64_t end = piece->offset + piece->length;
    for (uint64_t start = piece->offset; start < end; start = uc_grid_end(grid, start)) {
        uint64_t length = uc_grid_end(grid, start) - start;
        GError *failure = NULL;
        if (!uc_node_read(verify->node, start, bytes, length, &failure)) {
            note(verify, start, failure);
            continue;
        }
        UcSum sum = uc_sum_of(bytes, length);
        check_sum(verify, start, &sum);
    }
}

static void check_piece(Verify *verify, const UcPiece *piece)
{
    uint64_t size = verify->manifest->grid.block_size;
    if (piece->error != NULL)
        check_block_by_block(verify, piece);
    else if (piece->bytes == NULL)
        check_zeroes(verify, piece);
    else
        for (uint64_t i = 0; i * size < piece->length; i++)
            check_sum(verify, piece->offset + i * size, &piece->sums[0][i]);
    verify->read += piece->bytes != NULL ? piece->length : 0;
}

/* Of disks of two sizes only the blocks that both have whole are compared. */
static uint64_t common_end(const Verify *verify)
{
    const UcGrid *grid = &verify->manifest->grid;
    if (verify->node->size == grid->size)
        return grid->size;
    return uc_grid_start(grid, MIN(verify->node->size, grid->size));
}

static void run_sweep(Verify *verify)
{
    const uint64_t sizes[] = {verify->manifest->grid.block_size, 0};
    uint64_t end = common_end(verify);
    g_autoptr(UcSweep) sweep = uc_sweep_new(verify->node, end, sizes);
    uc_progress_begin(&verify->progress, end);
    for (const UcPiece *piece; (piece = uc_sweep_next(sweep)) != NULL;) {
        check_piece(verify, piece);
        uc_progress_set(&verify->progress, piece->offset + piece->length, verify->read);
    }
    uc_progress_end(&verify->progress);
    print_pending(verify);
}

/* ---- the verdict ---- */

static void add_count(GString *text, const Verify *verify, uint64_t count, const char *what)
{
    if (count > 0)
        g_string_append_printf(text, ", %" PRIu64 " of %" PRIu64 " blocks %s", count,
                               uc_grid_count(&verify->manifest->grid), what);
}

static bool conclude(const Verify *verify, const char *title, const char *name, GError **error)
{
    const UcGrid *grid = &verify->manifest->grid;
    g_autofree char *shown = uc_text_escape(name, -1);
    g_autoptr(GString) text = g_string_new(NULL);
    if (verify->node->size != grid->size)
        g_string_append_printf(text, ", %" PRIu64 " bytes instead of %" PRIu64, verify->node->size,
                               grid->size);
    add_count(text, verify, verify->different, "changed");
    add_count(text, verify, verify->unreadable, "unreadable");
    if (text->len > 0)
        return uc_error_set(error, UC_ERROR_FAILED, "%s is not what '%s' says: %s", title, shown,
                            text->str + strlen(", "));
    if (!uc_log_is_quiet())
        printf("%s: all %" PRIu64 " blocks are what '%s' says\n", title, uc_grid_count(grid),
               shown);
    return true;
}

static bool verify_run(int argc, char **argv, GError **error)
{
    g_autoptr(UcSources) sources = uc_sources_new();
    g_auto(Request) request = {0};
    Verify verify = {0};
    if (!request_parse(&request, sources, argc, argv, error))
        return false;
    verify.node = uc_sources_open_one(sources, request.words, error);
    if (verify.node == NULL)
        return false;
    g_autoptr(UcManifest) manifest = open_manifest(request.manifest, error);
    if (manifest == NULL)
        return false;
    g_autofree char *title = uc_source_title(g_ptr_array_index(sources->list, 0));
    verify.manifest = manifest;
    run_sweep(&verify);
    return conclude(&verify, title, request.manifest, error);
}

const UcCommand uc_command_verify = {
    .name = "verify",
    .arguments = "SOURCE MANIFEST",
    .summary = "Compares an image with a manifest that hash has written, block by block.",
    .run = verify_run,
};
