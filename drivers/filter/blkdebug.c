/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/node.h"

#include <errno.h>
#include <string.h>

/*
 * Makes reads fail on purpose, and makes them as coarse as a disk with large blocks would: what
 * is asked for is widened to whole blocks before rules are looked at and before it goes below.
 * Status passes: a bad block is no hole.
 *
 * QEMU's rules wait for an event. Here every read is the event; rules are always armed.
 */
typedef struct Rule {
    uint64_t start; /* bytes; a read that touches [start, end) fails */
    uint64_t end;
    int code;  /* errno */
    bool once; /* only the first time */
    gint used; /* atomic: whether a rule for once has been */
} Rule;

typedef struct Blkdebug {
    uint64_t align; /* bytes of a block, from 1 on */
    GArray *rules;  /* of Rule; the first that applies counts */
} Blkdebug;

#define SECTOR 512
#define MAX_ERRNO 4095

enum { BLKDEBUG_IMAGE };

/* Where the rule applies: one sector, or a range that is open where it is not given. */
static bool rule_place(Rule *rule, const UcOptions *given, GError **error)
{
    bool by_sector = uc_options_has(given, "sector");
    uint64_t sector = uc_options_number(given, "sector", 0);
    uint64_t length = by_sector ? SECTOR : uc_options_number(given, "length", UINT64_MAX);

    if (by_sector && (uc_options_has(given, "offset") || uc_options_has(given, "length")))
        return uc_error_set(error, UC_ERROR_USAGE,
                            "a rule has a 'sector', or 'offset' and 'length', not both");
    if (sector > UINT64_MAX / SECTOR)
        return uc_error_set(error, UC_ERROR_USAGE,
                            "sector %" G_GUINT64_FORMAT " is beyond any disk", sector);
    rule->start = by_sector ? sector * SECTOR : uc_options_number(given, "offset", 0);
    rule->end = rule->start + MIN(length, UINT64_MAX - rule->start);
    return true;
}

static bool rule_init(Rule *rule, const UcOptions *given, GError **error)
{
    uint64_t code = uc_options_number(given, "errno", EIO);

    if (code < 1 || code > MAX_ERRNO)
        return uc_error_set(error, UC_ERROR_USAGE,
                            "errno is %" G_GUINT64_FORMAT ", expected 1 to %d", code, MAX_ERRNO);
    rule->code = code;
    rule->once = uc_options_bool(given, "once", false);
    return rule_place(rule, given, error);
}

static bool is_about_reads(const UcOptions *given)
{
    return g_str_equal(uc_options_string(given, "iotype", "read"), "read");
}

static bool add_rules(Blkdebug *debug, const GPtrArray *given, GError **error)
{
    for (guint i = 0; given && i < given->len; i++) {
        const UcOptions *item = g_ptr_array_index(given, i);
        Rule rule = {0};

        if (!rule_init(&rule, item, error))
            return false;
        if (is_about_reads(item))
            g_array_append_val(debug->rules, rule);
    }
    return true;
}

static bool blkdebug_open(UcNode *node, const UcOptions *options, GError **error)
{
    Blkdebug *debug = node->state;
    uint64_t align = uc_options_number(options, "align", 0);

    debug->rules = g_array_new(FALSE, FALSE, sizeof(Rule));
    debug->align = MAX(align, 1);
    node->size = uc_node_child(node, BLKDEBUG_IMAGE)->size;
    if (align > INT32_MAX)
        return uc_error_set(error, UC_ERROR_USAGE,
                            "align is %" G_GUINT64_FORMAT ", expected at most %d", align,
                            INT32_MAX);
    return add_rules(debug, uc_options_list(options, "inject-error"), error);
}

static void blkdebug_close(UcNode *node)
{
    g_clear_pointer(&((Blkdebug *)node->state)->rules, g_array_unref);
}

static UcStep blkdebug_map(const UcNode *node, uint64_t offset, uint64_t length)
{
    (void)node;
    return uc_step_child(BLKDEBUG_IMAGE, offset, length);
}

static bool applies(Rule *rule, uint64_t start, uint64_t end)
{
    return start < rule->end && rule->start < end &&
           !(rule->once && g_atomic_int_exchange(&rule->used, 1));
}

/* Fails if a rule says so. */
static bool obey_rules(const Blkdebug *debug, uint64_t start, uint64_t end, GError **error)
{
    for (guint i = 0; i < debug->rules->len; i++) {
        Rule *rule = &g_array_index(debug->rules, Rule, i);

        if (applies(rule, start, end))
            return uc_error_set(error, rule->code == ENOMEM ? UC_ERROR_MEMORY : UC_ERROR_FAILED,
                                "injected into the read of %" G_GUINT64_FORMAT
                                " bytes at %" G_GUINT64_FORMAT ": %s",
                                end - start, start, g_strerror(rule->code));
    }
    return true;
}

/* Reads [start, end) and keeps the part that was asked for. */
static bool read_widened(const UcNode *image, uint64_t start, uint64_t end, uint64_t offset,
                         void *buffer, size_t length, GError **error)
{
    g_autofree uint8_t *blocks = g_try_malloc(end - start);

    if (!blocks)
        return uc_error_set(error, UC_ERROR_MEMORY,
                            "not enough memory for %" G_GUINT64_FORMAT " bytes", end - start);
    if (!uc_node_read(image, start, blocks, end - start, error))
        return false;
    memcpy(buffer, blocks + (offset - start), length);
    return true;
}

static bool blkdebug_read(const UcNode *node, uint64_t offset, void *buffer, size_t length,
                          GError **error)
{
    const Blkdebug *debug = node->state;
    const UcNode *image = uc_node_child(node, BLKDEBUG_IMAGE);
    uint64_t start = offset - offset % debug->align, last = offset + length - 1;
    uint64_t end = MIN(last - last % debug->align + debug->align, image->size);

    if (!obey_rules(debug, start, end, error))
        return false;
    if (end - start == length)
        return uc_node_read(image, offset, buffer, length, error);
    return read_widened(image, start, end, offset, buffer, length, error);
}

static void blkdebug_describe(const UcNode *node, GVariantBuilder *facts)
{
    const Blkdebug *debug = node->state;

    if (debug->align > 1)
        g_variant_builder_add(facts, "{sv}", "align", g_variant_new_uint64(debug->align));
    if (debug->rules->len > 0)
        g_variant_builder_add(facts, "{sv}", "rules", g_variant_new_uint64(debug->rules->len));
}

static const UcPort blkdebug_ports[] = {
    [BLKDEBUG_IMAGE] = {.name = "image", .role = UC_ROLE_FILTERED},
    {0},
};

static const char *const event_values[] = {"read_aio", "none", NULL};
static const char *const iotype_values[] = {"read",    "write", "write-zeroes",
                                            "discard", "flush", NULL};

#define NO_EVENTS "cannot be used: rules here do not wait for events and have no states"
#define NO_PERMISSIONS "cannot be used: nodes that are only read need no permissions"

static const UcOption rule_fields[] = {
    {.name = "offset", .type = UC_OPTION_SIZE, .help = "where reads fail; 0"},
    {.name = "length", .type = UC_OPTION_SIZE, .help = "for how many bytes; to the end"},
    {.name = "sector", .type = UC_OPTION_NUMBER, .help = "instead of both: 512 bytes at 512 times"},
    {.name = "errno", .type = UC_OPTION_NUMBER, .help = "the error; 5, EIO"},
    {.name = "once", .type = UC_OPTION_BOOL, .help = "only the first time"},
    {.name = "event", .values = event_values, .help = "every read is the event"},
    {.name = "iotype", .values = iotype_values, .help = "rules for others than reads never apply"},
    {.name = "immediately", .type = UC_OPTION_BOOL, .help = "a read fails at once in any case"},
    {.name = "state", .refused = NO_EVENTS},
    {0},
};

static const UcOption blkdebug_options[] = {
    {.name = "align", .type = UC_OPTION_SIZE, .help = "reads go below in blocks of so many bytes"},
    {.name = "inject-error",
     .type = UC_OPTION_LIST,
     .fields = rule_fields,
     .help = "rules: which reads fail, and how"},
    {.name = "max-transfer", .type = UC_OPTION_SIZE, .help = "reads are of any size here"},
    {.name = "max-write-zero", .type = UC_OPTION_SIZE, .help = "about writing"},
    {.name = "opt-write-zero", .type = UC_OPTION_SIZE, .help = "about writing"},
    {.name = "max-discard", .type = UC_OPTION_SIZE, .help = "about writing"},
    {.name = "opt-discard", .type = UC_OPTION_SIZE, .help = "about writing"},
    {.name = "config", .refused = "cannot be used: give the rules as 'inject-error'"},
    {.name = "set-state", .refused = NO_EVENTS},
    {.name = "take-child-perms", .refused = NO_PERMISSIONS},
    {.name = "unshare-child-perms", .refused = NO_PERMISSIONS},
    {0},
};

const UcDriver uc_driver_blkdebug = {
    .name = "blkdebug",
    .ports = blkdebug_ports,
    .options = blkdebug_options,
    .state_size = sizeof(Blkdebug),
    .reads_stop = true,
    .open = blkdebug_open,
    .close = blkdebug_close,
    .map = blkdebug_map,
    .read = blkdebug_read,
    .describe = blkdebug_describe,
};
