/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/option.h"

#include "core/error.h"
#include "core/text.h"

#include <errno.h>
#include <string.h>

struct UcOptions {
    GHashTable *values; /* name (of the driver's table) -> GVariant of type s, t or b */
    GHashTable *lists;  /* name -> GPtrArray of UcOptions */
};

UcOptions *uc_options_new(void)
{
    UcOptions *options = g_new0(UcOptions, 1);

    options->values =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_variant_unref);
    options->lists =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
    return options;
}

void uc_options_free(UcOptions *options)
{
    g_hash_table_unref(options->values);
    g_hash_table_unref(options->lists);
    g_free(options);
}

static bool parse_unit(const char *unit, unsigned *shift)
{
    static const char units[] = "bkmgtpe";
    const char *found;

    *shift = 0;
    if (unit[0] == '\0')
        return true;
    found = strchr(units, g_ascii_tolower(unit[0]));
    if (!found || unit[1] != '\0')
        return false;
    *shift = 10 * (found - units);
    return true;
}

/* A fraction is for sizes like 1.5G: at most six digits. Of a byte nothing is left over. */
static bool parse_fraction(const char **text, uint64_t *millionths)
{
    uint64_t place = 1000000;

    *millionths = 0;
    if (**text != '.')
        return true;
    for ((*text)++; g_ascii_isdigit(**text); (*text)++) {
        if ((place /= 10) == 0)
            return false;
        *millionths += place * g_ascii_digit_value(**text);
    }
    return true;
}

bool uc_size_parse(const char *text, uint64_t *bytes)
{
    bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    uint64_t whole, millionths;
    unsigned shift;
    char *end;

    if (!g_ascii_isdigit(text[0]))
        return false;
    errno = 0;
    whole = g_ascii_strtoull(text, &end, hexadecimal ? 16 : 10);
    if (errno != 0)
        return false;
    if (!parse_fraction((const char **)&end, &millionths) || !parse_unit(end, &shift))
        return false;
    if (whole > UINT64_MAX >> shift)
        return false;
    /* millionths < 2^20, so a part of it survives every shift up to 2^44 without overflow; units
     * above that are scaled in two moves */
    uint64_t part = shift <= 40 ? (millionths << shift) / 1000000
                                : ((millionths << 40) / 1000000) << (shift - 40);
    return !__builtin_add_overflow(whole << shift, part, bytes);
}

static GVariant *size_value(GVariant *value)
{
    uint64_t bytes;

    if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING) &&
        uc_size_parse(g_variant_get_string(value, NULL), &bytes))
        return g_variant_new_uint64(bytes);
    if (g_variant_is_of_type(value, G_VARIANT_TYPE_UINT64))
        return g_variant_ref(value);
    if (g_variant_is_of_type(value, G_VARIANT_TYPE_INT64) && g_variant_get_int64(value) >= 0)
        return g_variant_new_uint64(g_variant_get_int64(value));
    return NULL;
}

static GVariant *number_value(GVariant *value)
{
    guint64 number;

    if (!g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
        return size_value(value);
    if (!g_ascii_string_to_unsigned(g_variant_get_string(value, NULL), 10, 0, G_MAXUINT64, &number,
                                    NULL))
        return NULL;
    return g_variant_new_uint64(number);
}

static GVariant *bool_value(GVariant *value)
{
    static const char *const yes[] = {"on", "yes", "true", NULL};
    static const char *const no[] = {"off", "no", "false", NULL};

    if (g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN))
        return g_variant_ref(value);
    if (!g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
        return NULL;
    if (g_strv_contains(yes, g_variant_get_string(value, NULL)))
        return g_variant_new_boolean(TRUE);
    if (g_strv_contains(no, g_variant_get_string(value, NULL)))
        return g_variant_new_boolean(FALSE);
    return NULL;
}

static GVariant *string_value(const UcOption *option, GVariant *value)
{
    if (!g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
        return NULL;
    if (option->values && !g_strv_contains(option->values, g_variant_get_string(value, NULL)))
        return NULL;
    return g_variant_ref(value);
}

/* The value as it is kept (possibly floating), or NULL if it is not what the option takes. */
static GVariant *checked_value(const UcOption *option, GVariant *value)
{
    switch (option->type) {
    case UC_OPTION_STRING:
        return string_value(option, value);
    case UC_OPTION_SIZE:
        return size_value(value);
    case UC_OPTION_NUMBER:
        return number_value(value);
    case UC_OPTION_BOOL:
        return bool_value(value);
    case UC_OPTION_GROUP:
    case UC_OPTION_LIST:
        break;
    }
    return NULL;
}

/* What would have been right. */
static char *describe_expected(const UcOption *option)
{
    switch (option->type) {
    case UC_OPTION_STRING:
        return option->values ? g_strjoinv(" or ", (char **)option->values) : g_strdup("a text");
    case UC_OPTION_SIZE:
        return g_strdup("a size such as 65536, 64k or 1.5G");
    case UC_OPTION_NUMBER:
        return g_strdup("a number that is not negative");
    case UC_OPTION_BOOL:
        return g_strdup("on or off");
    case UC_OPTION_GROUP:
        return g_strdup("an object");
    case UC_OPTION_LIST:
        return g_strdup("a list of objects");
    }
    return NULL;
}

static char *print_value(GVariant *value)
{
    if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
        return g_strdup_printf("'%s'", g_variant_get_string(value, NULL));
    return g_variant_print(value, FALSE);
}

bool uc_options_set(UcOptions *options, const UcOption *option, GVariant *value, GError **error)
{
    GVariant *checked = checked_value(option, value);

    if (!checked) {
        g_autofree char *printed = print_value(value);
        g_autofree char *found = uc_text_escape(printed, -1);
        g_autofree char *expected = describe_expected(option);

        return uc_error_set(error, UC_ERROR_USAGE, "option '%s' is %s, expected %s", option->name,
                            found, expected);
    }
    g_hash_table_replace(options->values, (gpointer)option->name, g_variant_take_ref(checked));
    return true;
}

void uc_options_add(UcOptions *options, const UcOption *option, UcOptions *item)
{
    GPtrArray *list = g_hash_table_lookup(options->lists, option->name);

    if (!list) {
        list = g_ptr_array_new_with_free_func((GDestroyNotify)uc_options_free);
        g_hash_table_insert(options->lists, (gpointer)option->name, list);
    }
    g_ptr_array_add(list, item);
}

const GPtrArray *uc_options_list(const UcOptions *options, const char *name)
{
    return g_hash_table_lookup(options->lists, name);
}

bool uc_options_has(const UcOptions *options, const char *name)
{
    return g_hash_table_contains(options->values, name) ||
           g_hash_table_contains(options->lists, name);
}

const char *uc_options_string(const UcOptions *options, const char *name, const char *fallback)
{
    GVariant *value = g_hash_table_lookup(options->values, name);

    return value ? g_variant_get_string(value, NULL) : fallback;
}

uint64_t uc_options_number(const UcOptions *options, const char *name, uint64_t fallback)
{
    GVariant *value = g_hash_table_lookup(options->values, name);

    return value ? g_variant_get_uint64(value) : fallback;
}

bool uc_options_bool(const UcOptions *options, const char *name, bool fallback)
{
    GVariant *value = g_hash_table_lookup(options->values, name);

    return value ? g_variant_get_boolean(value) : fallback;
}
