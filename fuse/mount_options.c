/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/mount_options.h"

#include "core/option.h"
#include "core/text.h"
#include "fuse/log.h"

#include <stddef.h>
#include <string.h>

#define OPTION(template, field, value)                                                             \
    {                                                                                              \
        template, offsetof(UcMountOptions, field), value                                           \
    }
#define IGNORED(word) FUSE_OPT_KEY(word, FUSE_OPT_KEY_DISCARD)

enum { KEY_ALLOW_OTHER = 1 };

#define READ_AHEAD (1 << 20)
#define MOST_THREADS 1024

enum { UID, GID, UMASK, MODE, MAX_THREADS, MAX_IDLE_THREADS, MAX_READ, DEPTH_LIMIT, N_NUMBERS };
G_STATIC_ASSERT(N_NUMBERS == UC_MOUNT_NUMBERS);

/* libfuse reads numbers with sscanf(3), to which -1 and 2^32 + 1 are good ones. */
static const struct Number {
    const char *name;
    size_t place; /* of the unsigned int in UcMountOptions */
    guint base;
    guint least, most;
} numbers[UC_MOUNT_NUMBERS] = {
    [UID] = {"uid", offsetof(UcMountOptions, ownership.uid), 10, 0, UINT32_MAX - 1},
    [GID] = {"gid", offsetof(UcMountOptions, ownership.gid), 10, 0, UINT32_MAX - 1},
    [UMASK] = {"umask", offsetof(UcMountOptions, ownership.umask), 8, 0, 0777},
    [MODE] = {"mode", offsetof(UcMountOptions, ownership.mode), 8, 0, 0777},
    [MAX_THREADS] = {"max_threads", offsetof(UcMountOptions, max_threads), 10, 1, MOST_THREADS},
    [MAX_IDLE_THREADS] = {"max_idle_threads", offsetof(UcMountOptions, max_idle_threads), 10, 1,
                          MOST_THREADS},
    [MAX_READ] = {"max_read", offsetof(UcMountOptions, max_read), 10, 0, G_MAXINT},
    [DEPTH_LIMIT] = {"depth_limit", offsetof(UcMountOptions, depth_limit), 10, 1, G_MAXINT},
};

static const struct fuse_opt table[] = {
    OPTION("uid=%s", numbers[UID], 0),
    OPTION("gid=%s", numbers[GID], 0),
    OPTION("umask=%s", numbers[UMASK], 0),
    OPTION("mode=%s", numbers[MODE], 0),
    OPTION("max_threads=%s", numbers[MAX_THREADS], 0),
    OPTION("max_idle_threads=%s", numbers[MAX_IDLE_THREADS], 0),
    OPTION("max_read=%s", numbers[MAX_READ], 0),
    OPTION("depth_limit=%s", numbers[DEPTH_LIMIT], 0),
    OPTION("clone_fd", clone_fd, 1),
    FUSE_OPT_KEY("max_read=", FUSE_OPT_KEY_KEEP), /* libfuse wants to hear it twice */
    OPTION("direct_io", direct_io, 1),
    OPTION("passthrough", passthrough, 1),
    OPTION("read_ahead=%s", read_ahead.text, 0),
    OPTION("cache_size=%s", cache_size.text, 0),
    OPTION("index_size=%s", index_size.text, 0),
    OPTION("remount", remount, 1),
    OPTION("format=%s", format, 0),
    OPTION("snapshot=%s", snapshot, 0),
    OPTION("truncated=%s", truncated, 0),
    OPTION("sandbox=%s", sandbox, 0),
    OPTION("root=%s", root, 0),
    OPTION("image_opts", image_opts, 1),
    OPTION("graph", graph, 1),
    OPTION("allow_probing", allow_probing, 1),
    OPTION("no_implied_files", no_implied_files, 1),
    OPTION("force_share", force_share, 1),
    FUSE_OPT_KEY("allow_other", KEY_ALLOW_OTHER),
    FUSE_OPT_KEY("allow_root", KEY_ALLOW_OTHER),
    IGNORED("rw"),
    IGNORED("ro"),
    IGNORED("defaults"),
    IGNORED("auto"),
    IGNORED("noauto"),
    IGNORED("user"),
    IGNORED("nouser"),
    IGNORED("users"),
    IGNORED("owner"),
    IGNORED("group"),
    IGNORED("nofail"),
    IGNORED("_netdev"),
    IGNORED("relatime"),
    IGNORED("norelatime"),
    IGNORED("strictatime"),
    IGNORED("lazytime"),
    IGNORED("nolazytime"),
    FUSE_OPT_END,
};

/* Asked about every option that the table does not settle. 0 drops it, 1 keeps it for libfuse. */
static int on_option(void *data, const char *text, int key, struct fuse_args *arguments)
{
    (void)arguments;
    UcMountOptions *options = data;
    if (key == KEY_ALLOW_OTHER)
        options->ownership.allow_other = true;
    return !g_str_has_prefix(text, "x-") && !g_str_has_prefix(text, "X-") &&
           !g_str_has_prefix(text, "comment=");
}

static void put(UcMountOptions *options, const char *text)
{
    if (fuse_opt_add_arg(&options->rest, "-o") != 0 || fuse_opt_add_arg(&options->rest, text) != 0)
        g_error("out of memory");
}

/* libfuse's "fuse: unknown option(s): `-o foo'" and the like. */
bool uc_mount_options_refuse(const char *said, GError **error)
{
    const char *quote = strchr(said, '`');
    if (quote == NULL)
        return uc_error_set(error, UC_ERROR_USAGE, "-o: %s", said);
    const char *option = g_str_has_prefix(quote + 1, "-o ") ? quote + 4 : quote + 1;
    return uc_error_set(error, UC_ERROR_USAGE, "-o %.*s: %s (see unchain mount --help)",
                        (int)strcspn(option, "'"), option,
                        strstr(said, "unknown") != NULL ? "unknown option" : "expected a number");
}

static bool parse(UcMountOptions *options, GError **error)
{
    uc_log_capture_begin();
    bool fine = fuse_opt_parse(&options->rest, options, table, on_option) == 0;
    options->connection = fine ? fuse_parse_conn_info_opts(&options->rest) : NULL;
    g_autofree char *reason = uc_log_capture_end();
    if (options->remount)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "a mount is as it was made: unmount it, and mount it anew");
    if (options->connection != NULL) {
        put(options, "ro"); /* whatever the table said */
        return true;
    }
    return uc_mount_options_refuse(reason, error);
}

static bool parse_size(const char *name, UcMountSize *size, GError **error)
{
    if (size->text == NULL || uc_size_parse(size->text, &size->bytes))
        return true;
    return uc_error_set(error, UC_ERROR_USAGE,
                        "-o %s=%s: expected a size such as 65536 or 64k (see unchain mount --help)",
                        name, size->text);
}

static bool parse_number(const struct Number *number, const char *text, unsigned *target,
                         GError **error)
{
    guint64 value;
    if (g_ascii_string_to_unsigned(text, number->base, number->least, number->most, &value, NULL)) {
        *target = value;
        return true;
    }
    g_autofree char *shown = uc_text_escape(text, -1);
    return uc_error_set(error, UC_ERROR_USAGE,
                        number->base == 8 ? "-o %s=%s: expected an octal number from %o to %o"
                                          : "-o %s=%s: expected a number from %u to %u",
                        number->name, shown, number->least, number->most);
}

static bool parse_numbers(UcMountOptions *options, GError **error)
{
    bool fine = true;
    for (size_t i = 0; fine && i < UC_MOUNT_NUMBERS; i++)
        if (options->numbers[i] != NULL)
            fine = parse_number(&numbers[i], options->numbers[i],
                                G_STRUCT_MEMBER_P(options, numbers[i].place), error);
    return fine;
}

static bool parse_sizes(UcMountOptions *options, GError **error)
{
    return parse_size("read_ahead", &options->read_ahead, error) &&
           parse_size("cache_size", &options->cache_size, error) &&
           parse_size("index_size", &options->index_size, error);
}

UcMountOptions *uc_mount_options_new(char *const *words, GError **error)
{
    g_autoptr(UcMountOptions) options = g_new0(UcMountOptions, 1);
    options->ownership = (UcOwnership){.uid = UC_EXPORT_UNSET,
                                       .gid = UC_EXPORT_UNSET,
                                       .umask = UC_EXPORT_UNSET,
                                       .mode = UC_EXPORT_UNSET};
    options->read_ahead.bytes = READ_AHEAD;
    options->cache_size.bytes = UC_GRAPH_CACHE_BYTES;
    options->index_size.bytes = UC_GRAPH_INDEX_BYTES;
    fuse_opt_add_arg(&options->rest, "unchain");
    /* The modes of the files decide, so the kernel has to look at them. */
    put(options, "default_permissions,subtype=unchain");
    for (; words != NULL && *words != NULL; words++)
        if (**words != '\0')
            put(options, *words);
    if (!parse(options, error) || !parse_numbers(options, error) || !parse_sizes(options, error))
        return NULL;
    return g_steal_pointer(&options);
}

void uc_mount_options_free(UcMountOptions *options)
{
    fuse_opt_free_args(&options->rest);
    free(options->connection);
    free(options->format);
    free(options->snapshot);
    free(options->truncated);
    free(options->sandbox);
    free(options->root);
    free(options->read_ahead.text);
    free(options->cache_size.text);
    free(options->index_size.text);
    for (size_t i = 0; i < UC_MOUNT_NUMBERS; i++)
        free(options->numbers[i]);
    g_free(options);
}

static void override(char **target, const char *value)
{
    if (value == NULL)
        return;
    g_free(*target);
    *target = g_strdup(value);
}

bool uc_mount_options_apply(UcMountOptions *options, UcSources *sources, const char *word)
{
    override(&sources->format, options->format);
    override(&sources->snapshot, options->snapshot);
    override(&sources->truncated, options->truncated);
    override(&sources->sandbox_mode, options->sandbox);
    override(&sources->root, options->root);
    sources->image_opts |= options->image_opts;
    sources->allow_probing |= options->allow_probing;
    sources->no_implied_files |= options->no_implied_files;
    sources->force_share |= options->force_share;
    if (options->depth_limit > 0)
        sources->depth_limit = (int)options->depth_limit;
    sources->cache_bytes = options->cache_size.bytes;
    sources->index_bytes = options->index_size.bytes;
    if (options->graph)
        override(&sources->graph_file, word);
    return options->graph;
}

void uc_mount_options_add(UcMountOptions *options, const char *key, const char *value)
{
    g_autofree char *option = g_strdup_printf("%s=%s", key, value);
    char *escaped = NULL;
    if (fuse_opt_add_opt_escaped(&escaped, option) != 0)
        g_error("out of memory");
    if (fuse_opt_insert_arg(&options->rest, 1, escaped) != 0 ||
        fuse_opt_insert_arg(&options->rest, 1, "-o") != 0)
        g_error("out of memory");
    free(escaped);
}
