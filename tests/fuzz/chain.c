/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/layers.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/stage.h"
#include "tests/fuzz/survey.h"

/*
 * Whole images, up to four files, opened as the program opens them and looked at from end to end.
 * Three bytes of the input say how, the rest are the files (layers.h).
 *
 *     byte 0        flags, see below
 *     bytes 1, 2    the salt: where the survey looks
 */
enum {
    ALLOW_PROBING = 1,
    TRUNCATED_ZERO = 2,
    PROBED = 4,   /* the format is not stated */
    SNAPSHOT = 8, /* the first one is asked for */
    WINDOW = 16,  /* seen through a raw window */
};

static UcSpec *make_image(unsigned flags)
{
    UcSpec *spec = uc_spec_for_image("test.qcow2", flags & PROBED ? NULL : "qcow2");
    if (flags & SNAPSHOT)
        uc_spec_add(spec, "snapshot", uc_spec_new_string("1"));
    return spec;
}

static UcSpec *make_spec(unsigned flags)
{
    UcSpec *image = make_image(flags);
    if (!(flags & WINDOW))
        return image;
    UcSpec *window = uc_spec_new(UC_SPEC_OBJECT);
    uc_spec_add(window, "driver", uc_spec_new_string("raw"));
    uc_spec_add(window, "offset", uc_spec_new_string("700"));
    uc_spec_add(window, "file", image);
    return window;
}

static void check_description(const UcNode *node)
{
    g_autofree char *tree = uc_graph_to_string(node);
    g_auto(GStrv) lines = g_strsplit(tree, "\n", -1);
    for (char **line = lines; *line; line++)
        promise_text(*line);
    for (guint i = 0; i < node->graph->warnings->len; i++)
        promise_text(g_ptr_array_index(node->graph->warnings, i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input = {data, size};
    const unsigned flags = (unsigned)input_number(&input, 1);
    const uint64_t salt = input_number(&input, 2);
    UcGraph *graph = stage_graph(memory_drivers);
    g_autoptr(UcSpec) spec = make_spec(flags);
    g_autoptr(GError) error = NULL;
    layers_read(input);
    graph->gate.allow_probing = flags & ALLOW_PROBING;
    graph->gate.truncated = flags & TRUNCATED_ZERO ? UC_TRUNCATED_ZERO : UC_TRUNCATED_ERROR;
    graph->gate.depth_limit = 16;
    const UcNode *node = uc_graph_open(graph, spec, &error);
    promise_outcome(node, error);
    if (node) {
        check_description(node);
        survey_node(node, salt);
    }
    stage_clear(graph);
    return 0;
}
