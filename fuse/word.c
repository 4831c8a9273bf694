/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/word.h"

#include "drivers/drivers.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static bool exists(const char *path)
{
    struct stat ignored;
    return lstat(path, &ignored) == 0;
}

/* The length of NAME in "NAME=SOURCE", or 0. */
static size_t name_length(const char *word, bool image_opts)
{
    const char *equals = strchr(word, '=');
    if (equals == NULL || g_str_has_prefix(word, "json:"))
        return 0;
    if (image_opts)
        return g_str_has_prefix(equals + 1, "driver=") ? (size_t)(equals - word) : 0;
    if (memchr(word, '/', equals - word) != NULL || exists(word))
        return 0;
    return equals - word;
}

/* Of "vm.qcow2" the "vm" if some driver says that .qcow2 is an image's ending. */
static size_t stem_length(const char *base)
{
    const char *dot = strrchr(base, '.');
    if (dot == NULL || dot == base)
        return strlen(base);
    bool known = false;
    for (const UcDriver *const *driver = uc_drivers; *driver != NULL && !known; driver++)
        for (const char *const *ending = (*driver)->extensions; ending != NULL && *ending; ending++)
            known = known || strcasecmp(dot + 1, *ending) == 0;
    return known ? (size_t)(dot - base) : strlen(base);
}

char *uc_word_name_of_path(const char *path)
{
    g_autofree char *base = g_path_get_basename(path);
    return g_strdup_printf("%.*s.raw", (int)stem_length(base), base);
}

UcSpec *uc_word_parse_node(const char *word, const char *option, GError **error)
{
    if (*word == '{')
        return uc_spec_parse_json(word, -1, option, error);
    return uc_spec_parse_dotted(word, option, error);
}

static UcSpec *parse(const UcSources *sources, const char *word, GError **error)
{
    if (g_str_has_prefix(word, "json:"))
        return uc_spec_parse_json(word + strlen("json:"), -1, "the command line", error);
    if (sources->image_opts)
        return uc_spec_parse_dotted(word, "the command line", error);
    return uc_spec_for_image(word, sources->format);
}

static bool is_node(const UcSources *sources, const char *word)
{
    for (guint i = 0; i < sources->named->len; i++) {
        const UcSpec *spec = g_ptr_array_index(sources->named, i);
        if (g_strcmp0(uc_spec_string(uc_spec_get(spec, "node-name")), word) == 0)
            return true;
    }
    return false;
}

static void add_node(UcSources *sources, const char *word, size_t named, const char *node)
{
    char *name = named > 0 ? g_strndup(word, named) : g_strconcat(node, ".raw", NULL);
    uc_sources_add(sources, name, g_strdup(node), uc_spec_new_string(node));
}

/* A misspelled node looks like a path that does not exist. */
static bool check_known(const UcSources *sources, const char *path, GError **error)
{
    return sources->named->len == 0 || exists(path) || errno != ENOENT ||
           uc_error_set(error, UC_ERROR_FAILED, "%s: no node and no file of that name", path);
}

bool uc_word_add(UcSources *sources, const char *word, GError **error)
{
    size_t named = name_length(word, sources->image_opts);
    const char *rest = named > 0 ? word + named + 1 : word;
    bool is_path = !sources->image_opts && !g_str_has_prefix(rest, "json:");
    if (is_node(sources, rest)) {
        add_node(sources, word, named, rest);
        return true;
    }
    if (is_path && !check_known(sources, rest, error))
        return false;
    UcSpec *spec = parse(sources, rest, error);
    if (spec == NULL)
        return false;
    char *name = named > 0 ? g_strndup(word, named)
                           : (is_path ? uc_word_name_of_path(rest) : g_strdup("disk.raw"));
    uc_sources_add(sources, name, g_strdup(rest), spec)->is_description = !is_path;
    return true;
}
