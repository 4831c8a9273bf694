/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/answers.h"

#include "core/extent.h"

#include <CUnit/Basic.h>
#include <string.h>

static char *json_of(const char *graph)
{
    return g_strdelimit(g_strdup(graph), "'", '"');
}

FakeGraph answers_open(const char *graph)
{
    g_autofree char *json = json_of(graph);

    return fake_graph(json);
}

char *answers_paths(const UcNode *node)
{
    GString *text = g_string_new(NULL);
    UcExtents extents;
    UcPath path;

    uc_extents_init(&extents, node, 0, node->size, UC_REACH_STORAGE);
    while (uc_extents_next(&extents, &path)) {
        g_autofree char *line = uc_path_to_string(&path);

        g_string_append_printf(text, "%s%s", text->len ? "\n" : "", line);
    }
    return g_string_free(text, FALSE);
}

static void append_facts(GString *text, const UcPath *path)
{
    g_string_append_printf(text, "%lu+%lu %s%s%s", path->start, path->length,
                           uc_end_to_string(path->end), path->allocated ? " allocated" : "",
                           path->reserved ? " reserved" : "");
    if (path->end != UC_END_BASE)
        g_string_append_printf(text, " %s %s depth %u owner %s",
                               uc_path_is_zero(path) ? "zero" : "data",
                               uc_path_is_present(path) ? "present" : "absent", path->depth,
                               path->owner ? path->owner->name : "(none)");
    if (path->end != UC_END_VOID)
        g_string_append_printf(text, " at %s@%lu", path->node->name, path->offset);
    g_string_append_c(text, '\n');
}

char *answers_facts(const UcNode *node, const UcNode *base)
{
    GString *text = g_string_new(NULL);
    UcExtents extents;
    UcPath path;

    uc_extents_init(&extents, node, 0, node->size, UC_REACH_STORAGE);
    extents.question.base = base;
    while (uc_extents_next(&extents, &path))
        append_facts(text, &path);
    return g_string_free(text, FALSE);
}

char *answers_read(const UcNode *node, uint64_t offset, size_t length)
{
    g_autofree unsigned char *bytes = g_malloc(length);
    g_autoptr(GError) error = NULL;
    GString *text;

    memset(bytes, 0xee, length);
    if (!uc_node_read(node, offset, bytes, length, &error))
        return g_strdup(error->message);
    text = g_string_sized_new(2 * length);
    for (size_t i = 0; i < length; i++)
        g_string_append_printf(text, "%02x", bytes[i]);
    return g_string_free(text, FALSE);
}

char *answers_bytes(const UcNode *node)
{
    return answers_read(node, 0, node->size);
}

char *answers_refusal(const char *graph)
{
    g_autoptr(UcGraph) all = uc_graph_new(fake_drivers, NULL);
    g_autofree char *json = json_of(graph);
    g_autoptr(GError) error = NULL;
    g_autoptr(UcSpec) spec = uc_spec_parse_json(json, -1, "test", &error);

    if (spec && uc_graph_open(all, spec, &error))
        return g_strdup("opened");
    return g_strdup(error->message);
}

void answers_check(char *got, const char *expected, const char *what)
{
    CU_ASSERT_STRING_EQUAL(got, expected);
    if (strcmp(got, expected) != 0)
        g_printerr("%s: got '%s', expected '%s'\n", what, got, expected);
    g_free(got);
}
