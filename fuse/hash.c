/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/command.h"
#include "fuse/hash_output.h"
#include "fuse/new_file.h"
#include "fuse/progress.h"
#include "fuse/source.h"
#include "fuse/sweep.h"

/* ---- what the user wrote ---- */

typedef struct Request {
    char **words;
    char *output;
    char *manifest;
    char *block_size;
    gboolean sha256;
} Request;

static void request_clear(Request *request)
{
    g_strfreev(request->words);
    g_free(request->output);
    g_free(request->manifest);
    g_free(request->block_size);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Request, request_clear)

static bool request_parse(Request *request, UcSources *sources, int argc, char **argv,
                          GError **error)
{
    const GOptionEntry entries[] = {
        {"output", 0, 0, G_OPTION_ARG_FILENAME, &request->output, "How to print", "human|json"},
        {"manifest", 'm', 0, G_OPTION_ARG_FILENAME, &request->manifest,
         "Write the sum of every block to a file, for verify and the driver checksum", "FILE"},
        {"block-size", 0, 0, G_OPTION_ARG_FILENAME, &request->block_size,
         "Of the manifest's blocks; 64k if it is not given", "SIZE"},
        {"sha256", 0, 0, G_OPTION_ARG_NONE, &request->sha256,
         "Print the SHA-256 of all bytes as well", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &request->words, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = uc_command_context(&uc_command_hash);
    g_option_context_add_main_entries(context, entries, NULL);
    uc_sources_add_options(sources, context);
    return uc_command_parse(context, &argc, &argv, error);
}

static bool parse_block_size(const Request *request, uint64_t *block_size, GError **error)
{
    if (!uc_command_parse_size("--block-size", request->block_size, block_size, error))
        return false;
    if (request->block_size != NULL && request->manifest == NULL)
        return uc_error_set(error, UC_ERROR_USAGE, "--block-size needs --manifest");
    return uc_grid_is_block_size(*block_size) ||
           uc_error_set(error, UC_ERROR_USAGE,
                        "--block-size %s: expected a power of two from %u to %u",
                        request->block_size, UC_GRID_SMALLEST, UC_GRID_LARGEST);
}

/* ---- the work ---- */

typedef struct Hash {
    const UcNode *node;
    uint64_t block_size;
    UcDigest *digest;
    GChecksum *sha256;        /* NULL: not wanted */
    UcNewFile *file;          /* of the manifest; NULL: not wanted */
    UcManifestWriter *writer; /* into it */
    uint64_t read;            /* bytes that were not known to be zeroes */
    UcProgress progress;
} Hash;

static void hash_clear(Hash *hash)
{
    g_clear_pointer(&hash->digest, uc_digest_free);
    g_clear_pointer(&hash->sha256, g_checksum_free);
    g_clear_pointer(&hash->writer, uc_manifest_writer_free);
    g_clear_pointer(&hash->file, uc_new_file_abandon);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Hash, hash_clear)

static bool hash_init(Hash *hash, const UcSources *sources, const Request *request, GError **error)
{
    hash->digest = uc_digest_new(hash->node->size);
    if (request->sha256)
        hash->sha256 = g_checksum_new(G_CHECKSUM_SHA256);
    if (request->manifest == NULL)
        return true;
    hash->file = uc_new_file_open(request->manifest, sources->graph, error);
    if (hash->file == NULL)
        return false;
    g_autofree char *title = uc_source_title(g_ptr_array_index(sources->list, 0));
    hash->writer =
        uc_manifest_writer_new(hash->file->out, hash->node->size, hash->block_size, title);
    return true;
}

/* Zeroes cost nothing elsewhere, but may take hours here: let the user see them pass. */
static void add_zeroes_to_sha256(Hash *hash, const UcPiece *piece)
{
    static const guchar zeroes[65536];
    uint64_t n;
    for (uint64_t at = 0; at < piece->length; at += n) {
        n = MIN(piece->length - at, sizeof zeroes);
        g_checksum_update(hash->sha256, zeroes, n);
        uc_progress_set(&hash->progress, piece->offset + at, hash->read);
    }
}

static void add_sums(Hash *hash, const UcPiece *piece)
{
    const UcSum *of_digest = piece->sums[0];
    const UcSum *of_manifest =
        hash->block_size == UC_DIGEST_BLOCK_SIZE ? of_digest : piece->sums[1];
    for (uint64_t at = 0; at < piece->length; at += UC_DIGEST_BLOCK_SIZE)
        uc_digest_add(hash->digest, piece->offset + at, of_digest++);
    for (uint64_t at = 0; hash->writer != NULL && at < piece->length; at += hash->block_size)
        uc_manifest_writer_add(hash->writer, piece->offset + at, of_manifest++);
}

static bool add_piece(Hash *hash, const UcPiece *piece, GError **error)
{
    if (piece->error != NULL) {
        g_propagate_error(error, g_error_copy(piece->error));
        return false;
    }
    if (piece->bytes != NULL) {
        add_sums(hash, piece);
        hash->read += piece->length;
    }
    if (hash->sha256 != NULL && piece->bytes != NULL)
        g_checksum_update(hash->sha256, piece->bytes, piece->length);
    else if (hash->sha256 != NULL)
        add_zeroes_to_sha256(hash, piece);
    return true;
}

static bool run_sweep(Hash *hash, GError **error)
{
    bool other = hash->writer != NULL && hash->block_size != UC_DIGEST_BLOCK_SIZE;
    const uint64_t sizes[] = {UC_DIGEST_BLOCK_SIZE, other ? hash->block_size : 0};
    g_autoptr(UcSweep) sweep = uc_sweep_new(hash->node, hash->node->size, sizes);
    bool done = true;
    uc_progress_begin(&hash->progress, hash->node->size);
    for (const UcPiece *piece; done && (piece = uc_sweep_next(sweep)) != NULL;) {
        done = add_piece(hash, piece, error);
        uc_progress_set(&hash->progress, piece->offset + piece->length, hash->read);
    }
    uc_progress_end(&hash->progress);
    return done;
}

static bool finish_manifest(Hash *hash, const UcSum *digest, GError **error)
{
    return hash->writer == NULL || (uc_manifest_writer_end(hash->writer, digest, error) &&
                                    uc_new_file_finish(g_steal_pointer(&hash->file), error));
}

static bool hash_run(int argc, char **argv, GError **error)
{
    g_autoptr(UcSources) sources = uc_sources_new();
    g_auto(Request) request = {0};
    g_auto(Hash) hash = {.block_size = UC_DIGEST_BLOCK_SIZE};
    bool json;
    if (!request_parse(&request, sources, argc, argv, error) ||
        !uc_command_parse_output(request.output, &json, error) ||
        !parse_block_size(&request, &hash.block_size, error))
        return false;
    g_autofree char *directory = NULL;
    if (request.manifest != NULL)
        sources->sandbox.directory = directory = uc_new_file_directory(request.manifest);
    hash.node = uc_sources_open_one(sources, request.words, error);
    if (hash.node == NULL || !hash_init(&hash, sources, &request, error) ||
        !run_sweep(&hash, error))
        return false;
    UcSum digest = uc_digest_result(hash.digest);
    if (!finish_manifest(&hash, &digest, error))
        return false;
    const char *sha256 = hash.sha256 != NULL ? g_checksum_get_string(hash.sha256) : NULL;
    uc_hash_print(g_ptr_array_index(sources->list, 0), &digest, sha256, json);
    return true;
}

const UcCommand uc_command_hash = {
    .name = "hash",
    .arguments = "SOURCE",
    .summary = "Prints a digest of what an image shows, the same for the same contents.",
    .run = hash_run,
};
