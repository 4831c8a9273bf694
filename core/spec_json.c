/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/spec.h"
#include "core/text.h"

#include <json-glib/json-glib.h>
#include <string.h>

/*
 * JSON by json-glib, turned into specs. json-glib's tree does not remember where a value stood,
 * so the lines are noted down while it parses, and a key that comes twice is noticed there.
 */
typedef struct Notes {
    GHashTable *lines;  /* "object/key" -> line */
    GHashTable *starts; /* JsonObject -> line of its brace */
    GArray *open;       /* lines of the braces not yet closed */
    char *duplicate;    /* the first key given twice, or NULL */
    unsigned duplicate_line;
} Notes;

#define MAX_NESTING 64

static char *note_key(JsonObject *object, const char *key)
{
    return g_strdup_printf("%p/%s", (void *)object, key);
}

static void note_start(JsonParser *parser, Notes *notes)
{
    unsigned line = json_parser_get_current_line(parser);

    g_array_append_val(notes->open, line);
}

static void note_end(JsonParser *parser, JsonObject *object, Notes *notes)
{
    unsigned line = g_array_index(notes->open, unsigned, notes->open->len - 1);

    (void)parser;
    g_array_set_size(notes->open, notes->open->len - 1);
    g_hash_table_insert(notes->starts, object, GUINT_TO_POINTER(line));
}

static void note_member(JsonParser *parser, JsonObject *object, const char *key, Notes *notes)
{
    unsigned line = json_parser_get_current_line(parser);
    char *noted = note_key(object, key);

    if (!notes->duplicate && g_hash_table_contains(notes->lines, noted)) {
        notes->duplicate = uc_text_escape(key, -1);
        notes->duplicate_line = line;
    }
    g_hash_table_replace(notes->lines, noted, GUINT_TO_POINTER(line));
}

static void notes_init(Notes *notes, JsonParser *parser)
{
    *notes = (Notes){.lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                     .starts = g_hash_table_new(NULL, NULL),
                     .open = g_array_new(FALSE, FALSE, sizeof(unsigned))};
    g_signal_connect(parser, "object-start", G_CALLBACK(note_start), notes);
    g_signal_connect(parser, "object-end", G_CALLBACK(note_end), notes);
    g_signal_connect(parser, "object-member", G_CALLBACK(note_member), notes);
}

static void notes_clear(Notes *notes)
{
    g_hash_table_unref(notes->lines);
    g_hash_table_unref(notes->starts);
    g_array_unref(notes->open);
    g_free(notes->duplicate);
}

/* The parser recurses; how deep is decided before it sees the text. */
static bool is_too_deep(const char *text, gsize length)
{
    unsigned depth = 0;
    bool quoted = false;

    for (gsize i = 0; i < length; i++) {
        if (quoted && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted && (text[i] == '{' || text[i] == '['))
            depth++;
        else if (!quoted && (text[i] == '}' || text[i] == ']') && depth > 0)
            depth--;
        if (depth > MAX_NESTING)
            return true;
    }
    return false;
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

static UcSpec *spec_of(JsonNode *node, const char *source, const Notes *notes, unsigned line);

static UcSpec *spec_of_object(JsonObject *object, const char *source, const Notes *notes)
{
    UcSpec *spec = uc_spec_new(UC_SPEC_OBJECT);
    JsonObjectIter members;
    const char *key;
    JsonNode *value;

    json_object_iter_init_ordered(&members, object);
    while (json_object_iter_next_ordered(&members, &key, &value)) {
        g_autofree char *noted = note_key(object, key);
        unsigned line = GPOINTER_TO_UINT(g_hash_table_lookup(notes->lines, noted));

        uc_spec_add(spec, key, spec_of(value, source, notes, line));
    }
    return spec;
}

static UcSpec *spec_of_list(JsonArray *list, const char *source, const Notes *notes, unsigned line)
{
    UcSpec *spec = uc_spec_new(UC_SPEC_LIST);

    for (guint i = 0; i < json_array_get_length(list); i++)
        uc_spec_add(spec, NULL, spec_of(json_array_get_element(list, i), source, notes, line));
    return spec;
}

static UcSpec *spec_of(JsonNode *node, const char *source, const Notes *notes, unsigned line)
{
    UcSpec *spec;

    switch (json_node_get_node_type(node)) {
    case JSON_NODE_OBJECT:
        spec = spec_of_object(json_node_get_object(node), source, notes);
        line = GPOINTER_TO_UINT(g_hash_table_lookup(notes->starts, json_node_get_object(node)));
        break;
    case JSON_NODE_ARRAY:
        spec = spec_of_list(json_node_get_array(node), source, notes, line);
        break;
    case JSON_NODE_VALUE:
        spec = uc_spec_new(UC_SPEC_SCALAR);
        spec->scalar = g_variant_ref_sink(scalar_of(node));
        break;
    default:
        spec = uc_spec_new(UC_SPEC_NULL);
        break;
    }
    spec->source = g_strdup(source);
    spec->line = line;
    return spec;
}

/* json-glib says "<data>:3:7: Parse error: …"; the place is said in our own words. */
static bool set_parse_error(GError **error, JsonParser *parser, const char *source,
                            const GError *cause)
{
    const char *reason = strstr(cause->message, "error: ");
    g_autofree char *shown = uc_text_escape(reason ? reason + 7 : cause->message, -1);

    return uc_error_set(error, UC_ERROR_USAGE, "%s, line %u, column %u: not valid JSON: %s", source,
                        MAX(json_parser_get_current_line(parser), 1),
                        MAX(json_parser_get_current_pos(parser), 1), shown);
}

static bool parse(JsonParser *parser, const Notes *notes, const char *text, gsize length,
                  const char *source, GError **error)
{
    g_autoptr(GError) cause = NULL;

    if (!g_utf8_validate(text, length, NULL))
        return uc_error_set(error, UC_ERROR_USAGE, "%s: not valid JSON: not UTF-8", source);
    if (is_too_deep(text, length))
        return uc_error_set(error, UC_ERROR_USAGE, "%s: nested deeper than %d levels", source,
                            MAX_NESTING);
    if (!json_parser_load_from_data(parser, text, length, &cause))
        return set_parse_error(error, parser, source, cause);
    if (notes->duplicate)
        return uc_error_set(error, UC_ERROR_USAGE, "%s, line %u: key '%s' is given twice", source,
                            notes->duplicate_line, notes->duplicate);
    if (!json_parser_get_root(parser))
        return uc_error_set(error, UC_ERROR_USAGE, "%s: not valid JSON: nothing there", source);
    return true;
}

UcSpec *uc_spec_parse_json(const char *text, gssize length, const char *source, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    gsize bytes = length < 0 ? strlen(text) : (gsize)length;
    UcSpec *spec = NULL;
    Notes notes;

    notes_init(&notes, parser);
    if (parse(parser, &notes, text, bytes, source, error))
        spec = spec_of(json_parser_get_root(parser), source, &notes, 1);
    notes_clear(&notes);
    return spec;
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
