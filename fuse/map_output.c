/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/map_output.h"

#include "core/text.h"
#include "fuse/json.h"

#include <inttypes.h>
#include <stdio.h>

static const char *truth(bool value)
{
    return value ? "true" : "false";
}

static void print_json(const UcMapOutput *output, const UcMapRow *row)
{
    printf("%s{ \"start\": %" PRIu64 ", \"length\": %" PRIu64 ", \"depth\": %" PRIu32
           ", \"present\": %s, \"zero\": %s, \"data\": %s, \"compressed\": %s",
           output->rows > 0 ? ",\n" : "", row->start, row->length, row->depth, truth(row->present),
           truth(row->zero), truth(!row->zero), truth(row->compressed));
    if (row->file != NULL) {
        g_autofree char *name = uc_json_quote(row->file->name);
        printf(", \"offset\": %" PRIu64 ", \"filename\": %s", row->offset, name);
    }
    if (row->path != NULL) {
        g_autofree char *path = uc_json_quote(row->path);
        printf(", \"path\": %s", path);
    }
    putchar('}');
}

static const char *content_of(const UcMapRow *row)
{
    if (row->zero)
        return row->present ? "zero" : "zero (absent)";
    return row->compressed ? "compressed" : "data";
}

static void print_human(const UcMapRow *row)
{
    g_autofree char *name = row->file != NULL ? uc_text_escape(row->file->name, -1) : NULL;
    printf("0x%-16" PRIx64 " 0x%-16" PRIx64 " %-6" PRIu32, row->start, row->length, row->depth);
    if (name != NULL)
        printf(" %-14s 0x%-16" PRIx64 " %s\n", content_of(row), row->offset, name);
    else
        printf(" %s\n", content_of(row));
    if (row->path != NULL)
        printf("    %s\n", row->path);
}

void uc_map_output_begin(UcMapOutput *output)
{
    if (output->json)
        putchar('[');
    else
        printf("%-18s %-18s %-6s %-14s %-18s %s\n", "Offset", "Length", "Depth", "Content",
               "Mapped to", "File");
}

static void add_to_totals(UcMapOutput *output, const UcMapRow *row)
{
    output->rows++;
    output->data += row->zero ? 0 : row->length;
    output->zeroes += row->zero ? row->length : 0;
    output->compressed += row->compressed ? row->length : 0;
}

void uc_map_output_row(UcMapOutput *output, UcMapRow *row)
{
    if (row->length == 0)
        return;
    if (output->json)
        print_json(output, row);
    else
        print_human(row);
    add_to_totals(output, row);
    g_clear_pointer(&row->path, g_free);
}

void uc_map_output_end(UcMapOutput *output)
{
    if (output->json) {
        puts("]");
        return;
    }
    g_autofree char *all = uc_text_size(output->data + output->zeroes);
    g_autofree char *data = uc_text_size(output->data);
    g_autofree char *packed = uc_text_size(output->compressed);
    g_autofree char *zeroes = uc_text_size(output->zeroes);
    printf("%s in %" PRIu64 " extent%s: %s of data", all, output->rows,
           output->rows == 1 ? "" : "s", data);
    if (output->compressed > 0)
        printf(" (%s compressed)", packed);
    printf(", %s of zeroes\n", zeroes);
}
