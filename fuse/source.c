/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/source.h"

#include "core/text.h"
#include "drivers/drivers.h"
#include "fuse/graph_file.h"
#include "fuse/log.h"
#include "fuse/word.h"

#include <string.h>

static void source_free(gpointer data)
{
    UcSource *source = data;
    g_free(source->name);
    g_free(source->origin);
    uc_spec_unref(source->spec);
    g_free(source);
}

UcSources *uc_sources_new(void)
{
    UcSources *sources = g_new0(UcSources, 1);
    sources->list = g_ptr_array_new_with_free_func(source_free);
    sources->named = g_ptr_array_new_with_free_func((GDestroyNotify)uc_spec_unref);
    sources->depth_limit = UC_GATE_DEPTH;
    sources->cache_bytes = UC_GRAPH_CACHE_BYTES;
    sources->index_bytes = UC_GRAPH_INDEX_BYTES;
    return sources;
}

void uc_sources_free(UcSources *sources)
{
    g_clear_pointer(&sources->graph, uc_graph_free);
    g_ptr_array_unref(sources->list);
    g_ptr_array_unref(sources->named);
    g_free(sources->format);
    g_free(sources->snapshot);
    g_free(sources->truncated);
    g_free(sources->sandbox_mode);
    g_free(sources->root);
    g_free(sources->graph_file);
    g_strfreev(sources->blockdevs);
    g_strfreev(sources->exports);
    g_free(sources);
}

/* Names may be any bytes, so every text is parsed as a file name: no conversion. */
void uc_sources_add_options(UcSources *sources, GOptionContext *context)
{
    const GOptionEntry entries[] = {
        {"format", 'f', 0, G_OPTION_ARG_FILENAME, &sources->format,
         "The format of the image, instead of looking into it", "FORMAT"},
        {"image-opts", 0, 0, G_OPTION_ARG_NONE, &sources->image_opts,
         "SOURCE is a dotted description: driver=qcow2,file.filename=...", NULL},
        {"graph", 'c', 0, G_OPTION_ARG_FILENAME, &sources->graph_file,
         "Read nodes and exports from a graph file", "FILE"},
        {"blockdev", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &sources->blockdevs,
         "A named node, in JSON or dotted form (repeatable)", "NODE"},
        {"export", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &sources->exports,
         "A node to show: node-name=N[,name=FILE] (repeatable)", "EXPORT"},
        {"snapshot", 'l', 0, G_OPTION_ARG_FILENAME, &sources->snapshot,
         "Show this internal snapshot of the image", "SNAPSHOT"},
        {"force-share", 'U', 0, G_OPTION_ARG_NONE, &sources->force_share,
         "Lock nothing, and read also what others write", NULL},
        {"allow-probing", 0, 0, G_OPTION_ARG_NONE, &sources->allow_probing,
         "Believe guessed formats, also of backing files", NULL},
        {"root", 0, 0, G_OPTION_ARG_FILENAME, &sources->root,
         "Files that images name must lie below this directory", "DIR"},
        {"no-implied-files", 0, 0, G_OPTION_ARG_NONE, &sources->no_implied_files,
         "Refuse images that name other files", NULL},
        {"depth-limit", 0, 0, G_OPTION_ARG_INT, &sources->depth_limit,
         "How many layers a chain may have (16384)", "N"},
        {"truncated", 0, 0, G_OPTION_ARG_FILENAME, &sources->truncated,
         "What reads beyond the end of a truncated image give", "error|zero"},
        {"sandbox", 0, 0, G_OPTION_ARG_FILENAME, &sources->sandbox_mode,
         "What images are looked at in: all that the kernel offers, no less, or nothing",
         "auto|require|off"},
        G_OPTION_ENTRY_NULL,
    };
    g_option_context_add_main_entries(context, entries, NULL);
}

UcSource *uc_sources_add(UcSources *sources, char *name, char *origin, UcSpec *spec)
{
    UcSource *source = g_new0(UcSource, 1);
    source->name = name;
    source->origin = origin;
    source->spec = spec;
    g_ptr_array_add(sources->list, source);
    return source;
}

/* The snapshot belongs to the first node from the top that can have one. */
static bool choose_snapshot(UcSpec *spec, const char *snapshot, GError **error)
{
    while (spec != NULL && spec->kind == UC_SPEC_OBJECT) {
        const char *driver = uc_spec_string(uc_spec_get(spec, "driver"));
        if (driver == NULL || strcmp(driver, "qcow2") == 0) {
            uc_spec_add(spec, "snapshot", uc_spec_new_string(snapshot));
            return true;
        }
        spec = uc_spec_get(spec, "file");
    }
    return uc_error_set(error, UC_ERROR_USAGE,
                        "--snapshot: the source has no qcow2 node of its own to take it from");
}

static bool add_blockdevs(UcSources *sources, GError **error)
{
    for (char **word = sources->blockdevs; word != NULL && *word != NULL; word++) {
        UcSpec *spec = uc_word_parse_node(*word, "--blockdev", error);
        if (spec == NULL)
            return false;
        g_ptr_array_add(sources->named, spec);
    }
    return true;
}

static bool add_exports(UcSources *sources, GError **error)
{
    for (char **word = sources->exports; word != NULL && *word != NULL; word++) {
        g_autoptr(UcSpec) spec = uc_word_parse_node(*word, "--export", error);
        if (spec == NULL || !uc_graph_file_add_export(sources, spec, "--export", error))
            return false;
    }
    return true;
}

static bool add_words(UcSources *sources, char *const *words, GError **error)
{
    if (sources->image_opts && sources->format != NULL)
        return uc_error_set(error, UC_ERROR_USAGE,
                            "--image-opts and --format exclude each other: write driver=%s",
                            sources->format);
    for (; words != NULL && *words != NULL; words++)
        if (!uc_word_add(sources, *words, error))
            return false;
    return true;
}

static bool make_gate(const UcSources *sources, UcGate *gate, GError **error)
{
    const char *truncated = sources->truncated != NULL ? sources->truncated : "error";
    *gate = UC_GATE_DEFAULT;
    gate->allow_probing = sources->allow_probing;
    gate->no_implied_files = sources->no_implied_files;
    gate->force_share = sources->force_share;
    gate->root = sources->root;
    gate->depth_limit = sources->depth_limit;
    if (sources->depth_limit < 1)
        return uc_error_set(error, UC_ERROR_USAGE, "--depth-limit=%d: expected at least 1",
                            sources->depth_limit);
    if (strcmp(truncated, "zero") == 0)
        gate->truncated = UC_TRUNCATED_ZERO;
    else if (strcmp(truncated, "error") != 0)
        return uc_error_set(error, UC_ERROR_USAGE, "--truncated=%s: expected \"error\" or \"zero\"",
                            truncated);
    return true;
}

static bool gather(UcSources *sources, char *const *words, GError **error)
{
    if (!uc_sandbox_parse_mode(sources->sandbox_mode, &sources->sandbox.mode, error))
        return false;
    sources->sandbox.keep_openat2 = sources->root != NULL;
    if (sources->graph_file != NULL && !uc_graph_file_read(sources, sources->graph_file, error))
        return false;
    return add_blockdevs(sources, error) && add_exports(sources, error) &&
           add_words(sources, words, error);
}

static bool declare(UcSources *sources, GError **error)
{
    for (guint i = 0; i < sources->named->len; i++)
        if (!uc_graph_declare(sources->graph, g_ptr_array_index(sources->named, i), error))
            return false;
    return true;
}

static bool open_source(const UcSources *sources, UcSource *source, GError **error)
{
    if (sources->snapshot != NULL && !choose_snapshot(source->spec, sources->snapshot, error))
        return false;
    source->node = uc_graph_open(sources->graph, source->spec, error);
    return source->node != NULL;
}

/* What is missing in the second stage as it was in the first is not said twice. */
bool uc_sources_confine(const UcSources *sources, UcSandboxStage stage, GError **error)
{
    UcSandbox sandbox = sources->sandbox;
    sandbox.stage = stage;
    g_autofree char *known = uc_sandbox_missing();
    if (!uc_sandbox_enter(&sandbox, error))
        return false;
    g_autofree char *state = uc_sandbox_to_string(), *missing = uc_sandbox_missing();
    uc_log(UC_LOG_DEBUG, "sandbox%s: %s", stage == UC_SANDBOX_OPENING ? " for opening" : "", state);
    if (*missing != '\0' && strcmp(missing, known) != 0)
        uc_log(UC_LOG_WARNING, "the sandbox is without %s", missing);
    return true;
}

bool uc_sources_open(UcSources *sources, GError **error)
{
    UcGate gate;
    if (!make_gate(sources, &gate, error) ||
        !uc_sources_confine(sources, UC_SANDBOX_OPENING, error))
        return false;
    sources->graph = uc_graph_new(uc_drivers, &gate);
    uc_graph_set_limits(sources->graph, sources->cache_bytes, sources->index_bytes);
    if (!declare(sources, error))
        return false;
    for (guint i = 0; i < sources->list->len; i++)
        if (!open_source(sources, g_ptr_array_index(sources->list, i), error))
            return false;
    for (guint i = 0; i < sources->graph->warnings->len; i++)
        uc_log(UC_LOG_WARNING, "%s", (char *)g_ptr_array_index(sources->graph->warnings, i));
    return true;
}

bool uc_sources_gather(UcSources *sources, char *const *words, GError **error)
{
    if (!gather(sources, words, error))
        return false;
    return sources->list->len > 0 ||
           uc_error_set(error, UC_ERROR_USAGE, "no source is given (see %s --help)",
                        g_get_prgname());
}

/* Adds once more the one of the first `exports` sources that is called so; false: none is. */
static bool add_export(UcSources *sources, guint exports, const char *word)
{
    for (guint i = 0; i < exports; i++) {
        const UcSource *source = g_ptr_array_index(sources->list, i);
        if (strcmp(source->name, word) == 0) {
            uc_sources_add(sources, g_strdup(word), g_strdup(word), uc_spec_ref(source->spec));
            return true;
        }
    }
    return false;
}

/* To commands that look at one or two sources a word first means an export. */
static bool add_one(UcSources *sources, guint exports, char *word, GError **error)
{
    char *const words[] = {word, NULL};
    return add_export(sources, exports, word) || add_words(sources, words, error);
}

/* The other exports are not looked at. */
static bool pick(UcSources *sources, char *word, GError **error)
{
    guint exports = sources->list->len;
    if (!add_one(sources, exports, word, error))
        return false;
    g_ptr_array_remove_range(sources->list, 0, exports);
    return true;
}

static bool check_single(const UcSources *sources, GError **error)
{
    if (sources->list->len == 1)
        return true;
    if (sources->list->len == 0)
        return uc_error_set(error, UC_ERROR_USAGE, "no source is given (see %s --help)",
                            g_get_prgname());
    return uc_error_set(error, UC_ERROR_USAGE, "there are several exports: name one of them");
}

static bool open_and_seal(UcSources *sources, GError **error)
{
    if (!uc_sources_open(sources, error))
        return false;
    uc_graph_seal(sources->graph);
    return true;
}

const UcNode *uc_sources_open_one(UcSources *sources, char *const *words, GError **error)
{
    guint n_words = words != NULL ? g_strv_length((char **)words) : 0;
    if (n_words > 1)
        uc_error_set(error, UC_ERROR_USAGE, "one source at a time: what is \"%s\"?", words[1]);
    else if (gather(sources, NULL, error) && (n_words == 0 || pick(sources, words[0], error)) &&
             check_single(sources, error) && open_and_seal(sources, error))
        return ((UcSource *)sources->list->pdata[0])->node;
    return NULL;
}

bool uc_sources_open_pair(UcSources *sources, char *const *words, const char *second_format,
                          GError **error)
{
    if (words == NULL || g_strv_length((char **)words) != 2)
        return uc_error_set(error, UC_ERROR_USAGE, "two sources are needed (see %s --help)",
                            g_get_prgname());
    if (!gather(sources, NULL, error))
        return false;
    guint exports = sources->list->len;
    if (!add_one(sources, exports, words[0], error))
        return false;
    if (second_format != NULL) {
        g_free(sources->format);
        sources->format = g_strdup(second_format);
    }
    if (!add_one(sources, exports, words[1], error))
        return false;
    g_ptr_array_remove_range(sources->list, 0, exports);
    return open_and_seal(sources, error);
}

char *uc_source_title(const UcSource *source)
{
    return uc_text_escape(source->is_description ? source->node->name : source->origin, -1);
}
