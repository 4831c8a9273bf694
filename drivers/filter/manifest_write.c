/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/text.h"
#include "drivers/filter/manifest.h"

#include <errno.h>
#include <string.h>

struct UcManifestWriter {
    UcGrid grid;
    FILE *out;          /* borrowed */
    UcSumming *summing; /* of all lines so far */
    uint64_t count;     /* of blocks listed */
};

static void put(UcManifestWriter *writer, const char *line, size_t length)
{
    uc_summing_add(writer->summing, line, length);
    fwrite(line, 1, length, writer->out);
}

static void put_head(UcManifestWriter *writer, const char *source)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *date = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
    g_autofree char *shown = uc_text_escape(source, -1);
    g_autofree char *head =
        g_strdup_printf("unchain manifest 1\n"
                        "size %" G_GUINT64_FORMAT "\n"
                        "block-size %" G_GUINT64_FORMAT "\n"
                        "date %s\n"
                        "source %s\n",
                        writer->grid.size, writer->grid.block_size, date, shown);

    put(writer, head, strlen(head));
}

UcManifestWriter *uc_manifest_writer_new(FILE *out, uint64_t size, uint64_t block_size,
                                         const char *source)
{
    UcManifestWriter *writer = g_new0(UcManifestWriter, 1);

    uc_grid_init(&writer->grid, size, block_size);
    writer->out = out;
    writer->summing = uc_summing_new();
    put_head(writer, source);
    return writer;
}

void uc_manifest_writer_free(UcManifestWriter *writer)
{
    if (!writer)
        return;
    uc_summing_free(writer->summing);
    g_free(writer);
}

void uc_manifest_writer_add(UcManifestWriter *writer, uint64_t offset, const UcSum *sum)
{
    char line[UC_BLOCK_LINE];

    if (uc_sum_equal(sum, uc_grid_zero(&writer->grid, offset)))
        return;
    put(writer, line, uc_block_line_print(line, offset, sum));
    writer->count++;
}

bool uc_manifest_writer_end(UcManifestWriter *writer, const UcSum *digest, GError **error)
{
    char text[UC_SUM_TEXT], line[UC_BLOCK_LINE];
    UcSum sum;

    uc_sum_print(digest, text);
    put(writer, line, snprintf(line, sizeof line, "digest %s\n", text));
    sum = uc_summing_result(writer->summing);
    uc_sum_print(&sum, text);
    fprintf(writer->out, "end %" G_GUINT64_FORMAT " %s\n", writer->count, text);
    if (fflush(writer->out) == 0 && !ferror(writer->out))
        return true;
    return uc_error_set(error, UC_ERROR_FAILED, "cannot write the manifest: %s", g_strerror(errno));
}
