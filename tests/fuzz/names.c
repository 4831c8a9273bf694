/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/implied.h"
#include "core/text.h"
#include "fuse/graph_file.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/memory.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/stage.h"

#include <string.h>

/*
 * Names and descriptions: everything that is text. The first byte of the input says what the rest
 * is: a graph file, the name of a backing file as an image has it, dotted options, or just a text
 * that is to be shown. What can be understood is opened; there are small files for that, in two
 * directories: raw ones, and an image with a backing file.
 */
enum { GRAPH_FILE, IMAGE_NAME, DOTTED, TEXT, KINDS };

static const uint8_t bytes[4096] = {1, 2, 3};

/* Of 4 KiB, all of it unallocated, over base.raw. */
static const uint8_t image[1024] = {
    'Q',          'F',         'I',      0xfb,     [7] = 3, /* the version */
    [15] = 128,   [19] = 8,                                 /* where the backing file's name is */
    [23] = 9,     [30] = 0x10, [39] = 1, [46] = 2,          /* clusters, size, the L1 table */
    [99] = 4,     [103] = 104,                              /* refcounts, the header's length */
    [104] = 0xe2, 0x79,        0x2a,     0xca,     [111] = 3, 'r', 'a', 'w',
    [128] = 'b',  'a',         's',      'e',      '.',       'r', 'a', 'w',
};

#define RAW(file_name, length)                                                                     \
    {                                                                                              \
        .name = file_name, .bytes = bytes, .held = MIN(sizeof bytes, length), .size = length       \
    }
#define IMAGE(file_name)                                                                           \
    {                                                                                              \
        .name = file_name, .bytes = image, .held = sizeof image, .size = sizeof image              \
    }

static const MemoryFile files[] = {
    IMAGE("test.qcow2"),       RAW("base.qcow2", 1 << 20), RAW("base.raw", sizeof bytes),
    RAW("data.bin", 3),        IMAGE("images/test.qcow2"), RAW("images/base.raw", sizeof bytes),
    RAW("images/data.bin", 3),
};

static void check_tree(const UcSpec *spec, unsigned depth)
{
    g_autofree char *where = uc_spec_where(spec);
    promise(g_utf8_validate(where, -1, NULL));
    promise(depth < 64 * 64);
    promise((spec->kind == UC_SPEC_SCALAR) == (spec->scalar != NULL));
    promise((spec->kind == UC_SPEC_LIST || spec->kind == UC_SPEC_OBJECT) ==
            (spec->entries != NULL));
    promise(spec->line == 0 || spec->column > 0);
    for (guint i = 0; spec->entries && i < spec->entries->len; i++) {
        const UcSpecEntry *entry = g_ptr_array_index(spec->entries, i);
        promise(spec->kind != UC_SPEC_OBJECT || uc_spec_get(spec, entry->key) == entry->value);
        check_tree(entry->value, depth + 1);
    }
}

static void check_spec(const UcSpec *spec)
{
    g_autofree char *text = uc_spec_to_string(spec);
    promise(g_utf8_validate(text, -1, NULL));
    check_tree(spec, 0);
}

static void open_spec(UcGraph *graph, UcSpec *spec)
{
    g_autoptr(GError) error = NULL;
    const UcNode *node = uc_graph_open(graph, spec, &error);
    promise_outcome(node, error);
    promise(!node || node->size <= INT64_MAX);
}

static void try_graph_file(UcGraph *graph, const char *text, size_t length)
{
    g_autoptr(UcSources) sources = uc_sources_new();
    g_autoptr(GError) error = NULL;
    promise_outcome(uc_graph_file_parse(sources, text, length, "images/graph.json", &error), error);
    for (guint i = 0; i < sources->named->len; i++) {
        UcSpec *spec = g_ptr_array_index(sources->named, i);
        g_autoptr(GError) cause = NULL;
        check_spec(spec);
        promise_outcome(uc_graph_declare(graph, spec, &cause), cause);
    }
    for (guint i = 0; !error && i < sources->list->len; i++)
        open_spec(graph, ((UcSource *)g_ptr_array_index(sources->list, i))->spec);
}

/* Of a graph file too, but as a single node; most of what a fuzzer makes is not even that. */
static void try_node(UcGraph *graph, const char *text, size_t length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(UcSpec) spec = uc_spec_parse_json(text, (gssize)length, "graph.json", &error);
    promise_outcome(spec, error);
    if (!spec)
        return;
    check_spec(spec);
    uc_spec_relocate(spec, "./graph.json");
    open_spec(graph, spec);
}

/* The first byte says what format the image states. */
static void try_image_name(UcGraph *graph, Input input)
{
    static const char *const formats[] = {NULL, "raw", "qcow2", "file", "\x1b", "quorum"};
    const unsigned format = (unsigned)input_number(&input, 1) % (2 * G_N_ELEMENTS(formats));
    g_autoptr(GBytes) name = g_bytes_new(input.next, input.left);
    const UcImplied implied = {.kind = format < G_N_ELEMENTS(formats) ? UC_IMPLIED_IMAGE
                                                                      : UC_IMPLIED_FILE,
                               .name = name,
                               .format = (char *)formats[format % G_N_ELEMENTS(formats)]};
    const UcHostFile host = {.name = (char *)"./test.qcow2"};
    const UcNode node = {.graph = graph, .name = (char *)"test.qcow2", .file = &host};
    g_autoptr(GError) error = NULL;
    g_autoptr(UcSpec) spec = uc_implied_spec(&implied, &node, &error);
    promise_outcome(spec, error);
    if (spec)
        open_spec(graph, spec);
}

static void try_dotted(UcGraph *graph, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(UcSpec) spec = uc_spec_parse_dotted(text, "the command line", &error);
    promise_outcome(spec, error);
    if (!spec)
        return;
    check_tree(spec, 0);
    open_spec(graph, spec);
}

/* GLib knows no $''. */
static void check_quoted(const char *text)
{
    g_autofree char *quoted = uc_text_quote(text);
    g_autofree char *unquoted = g_shell_unquote(quoted, NULL);
    promise_text(quoted);
    promise(!*text || g_str_has_prefix(quoted, "$'") || g_strcmp0(unquoted, text) == 0);
}

static void try_text(const char *text, size_t length)
{
    g_autofree char *escaped = uc_text_escape(text, (gssize)length);
    g_autofree char *resolved = uc_spec_resolve_name("images/test.qcow2", text);
    uint64_t size = 0;
    check_quoted(text);
    promise(g_utf8_validate(escaped, -1, NULL));
    promise(strlen(escaped) <= 4 * length);
    promise_text(escaped);
    promise(g_str_has_suffix(resolved, text));
    if (uc_size_parse(text, &size)) {
        g_autofree char *shown = uc_text_size(size);
        promise(g_ascii_isdigit(text[0]) && *shown);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input = {data, size};
    UcGraph *graph = stage_graph(memory_drivers_failing);
    const unsigned kind = (unsigned)input_number(&input, 1) % KINDS;
    g_autofree char *text = g_strndup((const char *)input.next, input.left);
    memory_use(files, G_N_ELEMENTS(files));
    if (kind == GRAPH_FILE && *text == '[')
        try_node(graph, text + 1, input.left - 1);
    else if (kind == GRAPH_FILE)
        try_graph_file(graph, text, input.left);
    else if (kind == IMAGE_NAME)
        try_image_name(graph, input);
    else if (kind == DOTTED)
        try_dotted(graph, text);
    else
        try_text(text, input.left);
    stage_clear(graph);
    return 0;
}
