/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/map_output.h"

#include "core/text.h"
#include "fuse/json.h"

#include <inttypes.h>
#include <stdio.h>

/* As it is printed. Neighbours often lie in the same file. */
static const char *name_of(UcMapOutput *output, const UcHostFile *file)
{
    if (file != output->named) {
        g_free(output->name);
        output->name = output->json ? uc_json_quote(file->name) : uc_text_escape(file->name, -1);
        output->named = file;
    }
    return output->name;
}

/* ---- JSON ---- */

static const char *truth(bool value)
{
    return value ? "true" : "false";
}

static void print_json_base(const UcStatus *status)
{
    printf(", \"above-base\": %s", truth(!status->in_base));
    if (status->in_base)
        printf(", \"base-offset\": %" PRIu64, status->base_offset);
}

static void print_json(UcMapOutput *output, const UcMapRow *row)
{
    const UcStatus *status = &row->status;
    printf("%s{ \"start\": %" PRIu64 ", \"length\": %" PRIu64 ", \"depth\": %" PRIu32
           ", \"present\": %s, \"zero\": %s, \"data\": %s, \"compressed\": %s",
           output->rows > 0 ? ",\n" : "", status->start, status->length, status->depth,
           truth(status->present), truth(status->zero), truth(!status->zero),
           truth(status->compressed));
    if (status->file != NULL)
        printf(", \"offset\": %" PRIu64 ", \"filename\": %s", status->offset,
               name_of(output, status->file));
    if (output->base != NULL)
        print_json_base(status);
    if (row->explained) {
        g_autofree char *path = uc_path_to_string(&row->path);
        g_autofree char *quoted = uc_json_quote(path);
        printf(", \"path\": %s", quoted);
    }
    putchar('}');
}

/* ---- the table ---- */

static const char *content_of(const UcStatus *status)
{
    if (status->zero)
        return status->present ? "zero" : "zero (absent)";
    return status->compressed ? "compressed" : "data";
}

static void print_human_base(const UcStatus *status)
{
    if (status->in_base)
        printf(" 0x%-16" PRIx64, status->base_offset);
    else
        printf(" %-18s", "above");
}

static void print_human(UcMapOutput *output, const UcMapRow *row)
{
    const UcStatus *status = &row->status;
    printf("0x%-16" PRIx64 " 0x%-16" PRIx64 " %-6" PRIu32, status->start, status->length,
           status->depth);
    if (output->base != NULL)
        print_human_base(status);
    if (status->file != NULL)
        printf(" %-14s 0x%-16" PRIx64 " %s\n", content_of(status), status->offset,
               name_of(output, status->file));
    else
        printf(" %s\n", content_of(status));
    if (row->explained) {
        g_autofree char *path = uc_path_to_string(&row->path);
        printf("    %s\n", path);
    }
}

static void print_totals(const UcMapOutput *output)
{
    g_autofree char *all = uc_text_size(output->data + output->zeroes);
    g_autofree char *data = uc_text_size(output->data);
    g_autofree char *packed = uc_text_size(output->compressed);
    g_autofree char *zeroes = uc_text_size(output->zeroes);
    g_autofree char *above = uc_text_size(output->above);
    printf("%s in %" PRIu64 " extent%s: %s of data", all, output->rows,
           output->rows == 1 ? "" : "s", data);
    if (output->compressed > 0)
        printf(" (%s compressed)", packed);
    printf(", %s of zeroes", zeroes);
    if (output->base != NULL)
        printf("; %s above %s", above, output->base->name);
    putchar('\n');
}

/* ---- both ---- */

void uc_map_output_begin(UcMapOutput *output)
{
    if (output->json) {
        putchar('[');
        return;
    }
    printf("%-18s %-18s %-6s ", "Offset", "Length", "Depth");
    if (output->base != NULL)
        printf("%-18s ", "In base at");
    printf("%-14s %-18s %s\n", "Content", "Mapped to", "File");
}

static void add_to_totals(UcMapOutput *output, const UcStatus *status)
{
    output->rows++;
    output->data += status->zero ? 0 : status->length;
    output->zeroes += status->zero ? status->length : 0;
    output->compressed += status->compressed ? status->length : 0;
    output->above += status->in_base ? 0 : status->length;
}

void uc_map_output_row(UcMapOutput *output, const UcMapRow *row)
{
    if (output->json)
        print_json(output, row);
    else
        print_human(output, row);
    add_to_totals(output, &row->status);
}

void uc_map_output_end(UcMapOutput *output)
{
    if (output->json)
        puts("]");
    else
        print_totals(output);
    g_clear_pointer(&output->name, g_free);
}
