/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/text.h"
#include "drivers/filter/manifest.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/*
 * The lines come in one order, each a word and its value, so reading is a list of what is
 * expected. Nothing is believed before the last line has been checked, and nothing is allocated
 * because of a number that stands in the file.
 */
#define LONGEST_LINE 32768

typedef struct Reader {
    const char *name; /* of the file, escaped; for messages */
    FILE *in;
    uint64_t number; /* of the line at hand, from 1 */
    char line[LONGEST_LINE];
    UcSumming *summing; /* of all lines before the one at hand */
    UcManifest *manifest;
} Reader;

static bool bad(const Reader *reader, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

static bool bad(const Reader *reader, GError **error, const char *format, ...)
{
    g_autofree char *fact = NULL;
    va_list arguments;

    va_start(arguments, format);
    fact = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return uc_error_set(error, UC_ERROR_FAILED, "manifest '%s', line %" G_GUINT64_FORMAT ": %s",
                        reader->name, reader->number, fact);
}

#define NOT_A_MANIFEST "this is not a manifest, which starts with 'unchain manifest 1'"

/* Why the line at hand has no newline. */
static const char *what_breaks(const Reader *reader)
{
    if (feof(reader->in))
        return "the file ends in it: it has been cut short";
    return reader->number == 1 ? NOT_A_MANIFEST : "it is not a line of text";
}

/* Goes to the next line and takes its newline off. The sum keeps one line behind. */
static bool next_line(Reader *reader, GError **error)
{
    size_t length;

    if (reader->number > 0) {
        uc_summing_add(reader->summing, reader->line, strlen(reader->line));
        uc_summing_add(reader->summing, "\n", 1);
    }
    reader->number++;
    if (!fgets(reader->line, sizeof reader->line, reader->in)) {
        if (ferror(reader->in))
            return bad(reader, error, "cannot be read: %s", g_strerror(errno));
        return bad(reader, error, "the file ends here: it has been cut short");
    }
    length = strlen(reader->line);
    if (length == 0 || reader->line[length - 1] != '\n')
        return bad(reader, error, "%s", what_breaks(reader));
    reader->line[length - 1] = '\0';
    return true;
}

/* The value behind `word`, or NULL if the line does not start with it. */
static const char *value_of(const Reader *reader, const char *word)
{
    size_t length = strlen(word);

    return strncmp(reader->line, word, length) == 0 && reader->line[length] == ' '
               ? reader->line + length + 1
               : NULL;
}

static bool bad_line(const Reader *reader, const char *expected, GError **error)
{
    g_autofree char *shown = uc_text_escape(reader->line, MIN(strlen(reader->line), 60));

    return bad(reader, error, "expected %s, found '%s'", expected, shown);
}

static bool read_first_line(Reader *reader, GError **error)
{
    const char *version;

    if (!next_line(reader, error))
        return false;
    version = value_of(reader, "unchain manifest");
    if (!version) /* some other file, whose contents are nobody's business */
        return bad(reader, error, NOT_A_MANIFEST);
    return strcmp(version, "1") == 0 || bad_line(reader, "'unchain manifest 1'", error);
}

static bool read_number(Reader *reader, const char *word, uint64_t *number, GError **error)
{
    const char *value;
    g_autofree char *expected = g_strdup_printf("'%s' and a number of bytes", word);

    if (!next_line(reader, error))
        return false;
    value = value_of(reader, word);
    return (value && g_ascii_string_to_unsigned(value, 10, 0, INT64_MAX, number, NULL)) ||
           bad_line(reader, expected, error);
}

static bool read_text(Reader *reader, const char *word, char **text, GError **error)
{
    g_autofree char *expected = g_strdup_printf("'%s'", word);

    if (!next_line(reader, error))
        return false;
    if (!value_of(reader, word))
        return bad_line(reader, expected, error);
    *text = g_strdup(value_of(reader, word));
    return true;
}

static bool read_head(Reader *reader, GError **error)
{
    UcManifest *manifest = reader->manifest;
    uint64_t size, block_size;

    if (!read_first_line(reader, error) || !read_number(reader, "size", &size, error) ||
        !read_number(reader, "block-size", &block_size, error))
        return false;
    if (!uc_grid_is_block_size(block_size))
        return bad(reader, error,
                   "a block has %" G_GUINT64_FORMAT " bytes, expected a power of two from %u to %u",
                   block_size, UC_GRID_SMALLEST, UC_GRID_LARGEST);
    uc_grid_init(&manifest->grid, size, block_size);
    return read_text(reader, "date", &manifest->date, error) &&
           read_text(reader, "source", &manifest->source, error);
}

/* "OFFSET SUM" */
static bool parse_pair(const char *text, uint64_t *number, UcSum *sum)
{
    const char *space = strchr(text, ' ');
    g_autofree char *digits = space ? g_strndup(text, space - text) : NULL;

    return digits && g_ascii_string_to_unsigned(digits, 10, 0, INT64_MAX, number, NULL) &&
           uc_sum_parse(space + 1, sum);
}

static bool check_block(const Reader *reader, const UcManifestBlock *block, GError **error)
{
    const UcManifest *manifest = reader->manifest;
    guint count = manifest->blocks->len;

    if (block->offset >= manifest->grid.size)
        return bad(reader, error, "the block lies beyond the end of the disk");
    if (block->offset != uc_grid_start(&manifest->grid, block->offset))
        return bad(reader, error, "no block starts at %" G_GUINT64_FORMAT, block->offset);
    if (count > 0 && uc_manifest_block(manifest, count - 1)->offset >= block->offset)
        return bad(reader, error, "the blocks are not in order");
    if (uc_sum_equal(&block->sum, uc_grid_zero(&manifest->grid, block->offset)))
        return bad(reader, error, "a block of zeroes is listed");
    return true;
}

/* Stops at the first line that is not a block. */
static bool read_blocks(Reader *reader, GError **error)
{
    const char *value;

    while (next_line(reader, error)) {
        UcManifestBlock block;

        value = value_of(reader, "block");
        if (!value)
            return true;
        if (!parse_pair(value, &block.offset, &block.sum))
            return bad_line(reader, "'block', an offset and a sum", error);
        if (!check_block(reader, &block, error))
            return false;
        g_array_append_val(reader->manifest->blocks, block);
    }
    return false;
}

static bool read_digest(Reader *reader, GError **error)
{
    const char *value = value_of(reader, "digest");

    return (value && uc_sum_parse(value, &reader->manifest->digest)) ||
           bad_line(reader, "'block' or 'digest' and a sum", error);
}

static bool read_end(Reader *reader, GError **error)
{
    const char *value;
    uint64_t count;
    UcSum stated, sum;

    if (!next_line(reader, error))
        return false;
    value = value_of(reader, "end");
    if (!value || !parse_pair(value, &count, &stated))
        return bad_line(reader, "'end', a count and a sum", error);
    if (count != reader->manifest->blocks->len)
        return bad(reader, error, "there are %u blocks, expected %" G_GUINT64_FORMAT,
                   reader->manifest->blocks->len, count);
    sum = uc_summing_result(reader->summing);
    if (!uc_sum_equal(&sum, &stated))
        return bad(reader, error, "its sum is not that of the lines above: they were changed");
    reader->number++;
    return getc(reader->in) == EOF || bad(reader, error, "something follows the end");
}

/* With blocks of the digest's own size it can be worked out from the lines. */
static bool check_digest(const Reader *reader, GError **error)
{
    const UcManifest *manifest = reader->manifest;
    UcDigest *digest;
    UcSum sum;

    if (manifest->grid.block_size != UC_DIGEST_BLOCK_SIZE)
        return true;
    digest = uc_digest_new(manifest->grid.size);
    for (guint i = 0; i < manifest->blocks->len; i++)
        uc_digest_add(digest, uc_manifest_block(manifest, i)->offset,
                      &uc_manifest_block(manifest, i)->sum);
    sum = uc_digest_result(digest);
    uc_digest_free(digest);
    return uc_sum_equal(&sum, &manifest->digest) ||
           uc_error_set(error, UC_ERROR_FAILED,
                        "manifest '%s': its digest is not that of its blocks", reader->name);
}

static bool read_all(Reader *reader, GError **error)
{
    return read_head(reader, error) && read_blocks(reader, error) && read_digest(reader, error) &&
           read_end(reader, error) && check_digest(reader, error);
}

UcManifest *uc_manifest_read(int fd, const char *name, GError **error)
{
    g_autofree Reader *reader = g_new0(Reader, 1);
    g_autofree char *shown = uc_text_escape(name, -1);
    g_autoptr(UcManifest) manifest = g_new0(UcManifest, 1);
    int own = dup(fd);
    bool done;

    manifest->blocks = g_array_new(FALSE, FALSE, sizeof(UcManifestBlock));
    *reader =
        (Reader){.name = shown, .manifest = manifest, .in = own < 0 ? NULL : fdopen(own, "r")};
    if (!reader->in) {
        uc_error_set(error, UC_ERROR_FAILED, "manifest '%s': %s", shown, g_strerror(errno));
        return NULL;
    }
    reader->summing = uc_summing_new();
    done = read_all(reader, error);
    uc_summing_free(reader->summing);
    fclose(reader->in);
    return done ? g_steal_pointer(&manifest) : NULL;
}
