/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/fake.h"

#include <stdio.h>
#include <string.h>

typedef struct Fake {
    GArray *steps; /* of UcStep, from offset 0 on */
} Fake;

/* Eight kinds of step in the words of uc_step_to_string(). */
static bool parse_step(const char *text, UcStep *step)
{
    unsigned edge, kept_edge;
    guint64 offset, kept, length;
    char why[16];

    if (sscanf(text, " child %u@%lu kept %u@%lu +%lu", &edge, &offset, &kept_edge, &kept,
               &length) == 5)
        *step = uc_step_keep(uc_step_child(edge, offset, length), kept_edge, kept);
    else if (sscanf(text, " child %u@%lu +%lu", &edge, &offset, &length) == 3)
        *step = uc_step_child(edge, offset, length);
    else if (sscanf(text, " zero kept %u@%lu +%lu", &kept_edge, &kept, &length) == 3)
        *step = uc_step_keep(uc_step_zero(length), kept_edge, kept);
    else if (sscanf(text, " zero +%lu", &length) == 1)
        *step = uc_step_zero(length);
    else if (sscanf(text, " undefined +%lu", &length) == 1)
        *step = uc_step_undefined(length);
    else if (sscanf(text, " self(%15[a-z]) +%lu", why, &length) == 2) {
        UcWhy reason = UC_WHY_STORED;

        while (reason < UC_WHY_BROKEN && strcmp(uc_why_to_string(reason), why) != 0)
            reason++;
        *step = uc_step_self(reason, length);
    } else
        return false;
    return true;
}

static bool shows_child(const UcDriver *driver)
{
    return driver->ports && driver->ports[0].role == UC_ROLE_FILTERED;
}

static bool fake_open(UcNode *node, const UcOptions *options, GError **error)
{
    g_auto(GStrv) texts = g_strsplit(uc_options_string(options, "map", ""), ";", -1);
    Fake *fake = node->state;

    fake->steps = g_array_new(FALSE, FALSE, sizeof(UcStep));
    for (char **text = texts; *text; text++) {
        UcStep step;

        if (!parse_step(*text, &step))
            return uc_error_set(error, UC_ERROR_USAGE, "'%s' is not a step", *text);
        g_array_append_val(fake->steps, step);
    }
    node->size = uc_options_number(options, "size", 16);
    if (shows_child(node->driver))
        node->size = uc_node_child(node, 0)->size;
    return true;
}

static void fake_close(UcNode *node)
{
    g_array_unref(((Fake *)node->state)->steps);
}

/* What a node answers where its table says nothing. */
static UcStep default_step(const UcNode *node, uint64_t offset)
{
    if (uc_driver_is_leaf(node->driver))
        return uc_step_self(UC_WHY_STORED, UINT64_MAX - offset);
    return uc_step_child(shows_child(node->driver) ? 0 : 2, offset, node->size - offset);
}

/* The part of a step from `skip` bytes on. */
static UcStep rest_of(UcStep step, uint64_t skip)
{
    step.length -= skip;
    step.place.offset += skip;
    step.kept.offset += skip;
    return step;
}

static UcStep fake_map(const UcNode *node, uint64_t offset, uint64_t length)
{
    const Fake *fake = node->state;
    uint64_t start = 0;

    (void)length;
    for (guint i = 0; i < fake->steps->len; i++) {
        UcStep step = g_array_index(fake->steps, UcStep, i);

        if (offset < start + step.length || step.length == 0)
            return rest_of(step, offset - start);
        start += step.length;
    }
    return default_step(node, offset);
}

unsigned char fake_byte(const char *name, uint64_t offset)
{
    return 1 + (g_str_hash(name) + offset * 7) % 255;
}

/* One byte at a time, as naive as can be. */
static bool fake_read(const UcNode *node, uint64_t offset, void *buffer, size_t length,
                      GError **error)
{
    unsigned char *bytes = buffer;

    for (size_t i = 0; i < length; i++) {
        UcStep step = fake_map(node, offset + i, 1);

        if (step.kind == UC_STEP_SELF && step.why == UC_WHY_BROKEN)
            return uc_error_set(error, UC_ERROR_FAILED, "broken at %lu", offset + i);
        if (step.kind == UC_STEP_SELF)
            bytes[i] = fake_byte(node->name, offset + i);
        else if (step.kind == UC_STEP_UNDEFINED)
            bytes[i] = 0xdd;
        else if (!uc_node_follow(node, offset + i, &step, &bytes[i], 1, error))
            return false;
    }
    return true;
}

static const UcOption fake_options[] = {
    {.name = "size", .type = UC_OPTION_SIZE},
    {.name = "map", .type = UC_OPTION_STRING},
    {0},
};

static const UcPort format_ports[] = {
    {.name = "file", .role = UC_ROLE_METADATA, .arity = UC_ARITY_OPTIONAL},
    {.name = "data", .role = UC_ROLE_DATA, .arity = UC_ARITY_OPTIONAL},
    {.name = "backing", .role = UC_ROLE_BACKING, .arity = UC_ARITY_OPTIONAL},
    {0},
};

static const UcPort filter_ports[] = {{.name = "file", .role = UC_ROLE_FILTERED}, {0}};
static const UcPort vote_ports[] = {
    {.name = "children", .role = UC_ROLE_FILTERED, .arity = UC_ARITY_MANY},
    {0},
};
static const UcPort hanging_ports[] = {{.name = "backing", .role = UC_ROLE_FILTERED}, {0}};

#define FAKE(driver_name, ports_, stops)                                                           \
    {                                                                                              \
        .name = driver_name, .ports = ports_, .options = fake_options, .state_size = sizeof(Fake), \
        .reads_stop = stops, .open = fake_open, .close = fake_close, .map = fake_map,              \
        .read = fake_read                                                                          \
    }

static const UcDriver leaf = FAKE("leaf", NULL, false);
static const UcDriver format = FAKE("format", format_ports, false);
static const UcDriver filter = FAKE("filter", filter_ports, false);
static const UcDriver hanging = FAKE("hanging", hanging_ports, false);
static const UcDriver vote = FAKE("vote", vote_ports, false);
static const UcDriver stopping = FAKE("stopping", filter_ports, true);

extern const UcDriver uc_driver_raw, uc_driver_null_co, uc_driver_null_aio, uc_driver_throttle,
    uc_driver_copy_on_read, uc_driver_compress, uc_driver_preallocate, uc_driver_copy_before_write,
    uc_driver_snapshot_access, uc_driver_blkdebug, uc_driver_blkverify, uc_driver_quorum;

const UcDriver *const fake_drivers[] = {
    &leaf,
    &format,
    &filter,
    &vote,
    &hanging,
    &stopping,
    &uc_driver_raw,
    &uc_driver_null_co,
    &uc_driver_null_aio,
    &uc_driver_throttle,
    &uc_driver_copy_on_read,
    &uc_driver_compress,
    &uc_driver_preallocate,
    &uc_driver_copy_before_write,
    &uc_driver_snapshot_access,
    &uc_driver_blkdebug,
    &uc_driver_blkverify,
    &uc_driver_quorum,
    NULL,
};

FakeGraph fake_graph(const char *json)
{
    FakeGraph fake = {.graph = uc_graph_new(fake_drivers, NULL)};
    g_autoptr(GError) error = NULL;
    g_autoptr(UcSpec) spec = uc_spec_parse_json(json, -1, "test", &error);

    if (spec)
        fake.node = uc_graph_open(fake.graph, spec, &error);
    if (!fake.node)
        g_error("%s: %s", json, error->message);
    uc_graph_seal(fake.graph);
    return fake;
}

const UcNode *fake_find(FakeGraph fake, const char *name)
{
    const UcNode *node = uc_graph_find(fake.graph, name);

    g_assert(node);
    return node;
}

void fake_graph_clear(FakeGraph *fake)
{
    uc_graph_free(fake->graph);
}
