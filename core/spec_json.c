/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/spec.h"
#include "core/spec_places.h"
#include "core/spec_text.h"
#include "core/text.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

/*
 * JSON by json-glib, turned into specs. Of a key that comes twice json-glib keeps the last, so
 * keys are noted down while it parses. Where values stand is found afterwards (spec_places.c); the
 * tree is walked in the order of the text.
 */
typedef struct Notes {
    GHashTable *keys; /* "object/key" */
    char *duplicate;  /* the first key given twice, or NULL */
    unsigned duplicate_line;
} Notes;

typedef struct Build {
    const char *source;
    GArray *places; /* of UcSpecPlace, one for each value */
    guint next;     /* the place of the value that comes next */
    GError **error;
} Build;

static void note_member(JsonParser *parser, JsonObject *object, const char *key, Notes *notes)
{
    char *noted = g_strdup_printf("%p/%s", (void *)object, key);

    if (g_hash_table_add(notes->keys, noted) || notes->duplicate)
        return;
    notes->duplicate = uc_text_escape(key, -1);
    notes->duplicate_line = json_parser_get_current_line(parser);
}

static void notes_init(Notes *notes, JsonParser *parser)
{
    *notes = (Notes){.keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
    g_signal_connect(parser, "object-member", G_CALLBACK(note_member), notes);
}

static void notes_clear(Notes *notes)
{
    g_hash_table_unref(notes->keys);
    g_free(notes->duplicate);
}

static GVariant *scalar_of(JsonNode *node)
{
    switch (json_node_get_value_type(node)) {
    case G_TYPE_STRING:
        return g_variant_new_string(json_node_get_string(node));
    case G_TYPE_BOOLEAN:
        return g_variant_new_boolean(json_node_get_boolean(node));
    case G_TYPE_DOUBLE:
        return g_variant_new_double(json_node_get_double(node));
    default:
        return g_variant_new_int64(json_node_get_int(node));
    }
}

static UcSpec *spec_of(JsonNode *node, Build *build);

/* A dotted key leads to where it stands for, as in QEMU's json: names. */
static bool add_member(UcSpec *spec, const char *key, UcSpec *value, const Build *build)
{
    g_autofree char *where = uc_spec_where(value), *shown = uc_text_escape(key, -1);

    if (uc_spec_put(spec, key, value))
        return true;
    uc_spec_unref(value);
    return uc_error_set(build->error, UC_ERROR_USAGE, "key '%s' is given twice%s", shown, where);
}

static bool add_members(UcSpec *spec, JsonObject *object, Build *build)
{
    JsonObjectIter members;
    const char *key;
    JsonNode *node;

    json_object_iter_init_ordered(&members, object);
    while (json_object_iter_next_ordered(&members, &key, &node)) {
        UcSpec *value = spec_of(node, build);

        if (!value || !add_member(spec, key, value, build))
            return false;
    }
    return true;
}

static bool add_elements(UcSpec *spec, JsonArray *list, Build *build)
{
    for (guint i = 0; i < json_array_get_length(list); i++) {
        UcSpec *value = spec_of(json_array_get_element(list, i), build);

        if (!value)
            return false;
        uc_spec_add(spec, NULL, value);
    }
    return true;
}

static UcSpecKind kind_of(JsonNode *node)
{
    switch (json_node_get_node_type(node)) {
    case JSON_NODE_OBJECT:
        return UC_SPEC_OBJECT;
    case JSON_NODE_ARRAY:
        return UC_SPEC_LIST;
    case JSON_NODE_VALUE:
        return UC_SPEC_SCALAR;
    default:
        return UC_SPEC_NULL;
    }
}

static bool set_place(UcSpec *spec, Build *build)
{
    spec->source = g_strdup(build->source);
    if (build->next >= build->places->len)
        return true;
    UcSpecPlace place = g_array_index(build->places, UcSpecPlace, build->next++);

    spec->line = place.line;
    spec->column = place.column;
    if (!place.overflows)
        return true;
    g_autofree char *where = uc_spec_where(spec);

    return uc_error_set(build->error, UC_ERROR_USAGE, "a number that 64 bits do not hold%s", where);
}

static UcSpec *spec_of(JsonNode *node, Build *build)
{
    g_autoptr(UcSpec) spec = uc_spec_new(kind_of(node));

    if (!set_place(spec, build))
        return NULL;
    if (spec->kind == UC_SPEC_SCALAR)
        spec->scalar = g_variant_ref_sink(scalar_of(node));
    if (spec->kind == UC_SPEC_OBJECT && !add_members(spec, json_node_get_object(node), build))
        return NULL;
    if (spec->kind == UC_SPEC_LIST && !add_elements(spec, json_node_get_array(node), build))
        return NULL;
    return g_steal_pointer(&spec);
}

/* json-glib says "<data>:3:7: Parse error: …"; the place is said in our own words. */
static bool set_parse_error(GError **error, const char *source, const GError *cause)
{
    const char *place = strchr(cause->message, ':'), *reason = strstr(cause->message, "error: ");
    g_autofree char *shown = uc_text_escape(reason ? reason + 7 : cause->message, -1);
    unsigned line = 1, column = 1;

    if (place)
        sscanf(place, ":%u:%u:", &line, &column);
    return uc_error_set(error, UC_ERROR_USAGE, "%s, line %u, column %u: not valid JSON: %s", source,
                        line, MAX(column, 1), shown);
}

/* json-glib takes several values one behind the other for valid, and the last one for meant. */
static bool check_single(const GArray *places, const char *source, GError **error)
{
    for (guint i = 1; i < places->len; i++) {
        const UcSpecPlace *place = &g_array_index(places, UcSpecPlace, i);

        if (place->is_root)
            return uc_error_set(error, UC_ERROR_USAGE,
                                "%s, line %u, column %u: not valid JSON: one value is expected, "
                                "and here a second one begins",
                                source, place->line, place->column);
    }
    return true;
}

static bool parse(JsonParser *parser, const Notes *notes, const GString *text, const char *source,
                  GError **error)
{
    g_autoptr(GError) cause = NULL;

    if (!json_parser_load_from_data(parser, text->str, (gssize)text->len, &cause))
        return set_parse_error(error, source, cause);
    if (notes->duplicate)
        return uc_error_set(error, UC_ERROR_USAGE, "%s, line %u: key '%s' is given twice", source,
                            notes->duplicate_line, notes->duplicate);
    if (!json_parser_get_root(parser))
        return uc_error_set(error, UC_ERROR_USAGE, "%s: not valid JSON: nothing there", source);
    return true;
}

static UcSpec *parse_text(const GString *text, const char *source, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GArray) places = uc_spec_places(text->str, text->len);
    UcSpec *spec = NULL;
    Notes notes;

    notes_init(&notes, parser);
    if (check_single(places, source, error) && parse(parser, &notes, text, source, error)) {
        Build build = {.source = source, .places = places, .error = error};

        spec = spec_of(json_parser_get_root(parser), &build);
    }
    notes_clear(&notes);
    return spec;
}

UcSpec *uc_spec_parse_json(const char *text, gssize length, const char *source, GError **error)
{
    gsize bytes = length < 0 ? strlen(text) : (gsize)length;
    g_autoptr(GString) plain = uc_spec_text(text, bytes, source, error);

    return plain ? parse_text(plain, source, error) : NULL;
}

static JsonNode *json_of(const UcSpec *spec);

static JsonNode *json_of_scalar(GVariant *scalar)
{
    if (g_variant_is_of_type(scalar, G_VARIANT_TYPE_STRING)) {
        g_autofree char *text = uc_text_escape(g_variant_get_string(scalar, NULL), -1);

        return json_node_init_string(json_node_alloc(), text);
    }
    return json_gvariant_serialize(scalar);
}

static JsonNode *json_of_entries(const UcSpec *spec)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    bool is_list = spec->kind == UC_SPEC_LIST;

    is_list ? json_builder_begin_array(builder) : json_builder_begin_object(builder);
    for (guint i = 0; i < spec->entries->len; i++) {
        const UcSpecEntry *entry = g_ptr_array_index(spec->entries, i);

        if (!is_list)
            json_builder_set_member_name(builder, entry->key);
        json_builder_add_value(builder, json_of(entry->value));
    }
    is_list ? json_builder_end_array(builder) : json_builder_end_object(builder);
    return json_builder_get_root(builder);
}

static JsonNode *json_of(const UcSpec *spec)
{
    switch (spec->kind) {
    case UC_SPEC_NULL:
        return json_node_new(JSON_NODE_NULL);
    case UC_SPEC_SCALAR:
        return json_of_scalar(spec->scalar);
    default:
        return json_of_entries(spec);
    }
}

char *uc_spec_to_string(const UcSpec *spec)
{
    g_autoptr(JsonNode) node = json_of(spec);

    return json_to_string(node, FALSE);
}
