/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/mount.h"

#include "core/text.h"
#include "fuse/command.h"
#include "fuse/launcher.h"
#include "fuse/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- what the user wrote ---- */

typedef struct Request {
    char **options; /* of -o */
    char **words;
    char *pid_file;
    gboolean foreground;
    gboolean no_announcement;
} Request;

static void request_clear(Request *request)
{
    g_strfreev(request->options);
    g_strfreev(request->words);
    g_free(request->pid_file);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Request, request_clear)

static bool request_parse(Request *request, UcSources *sources, int argc, char **argv,
                          GError **error)
{
    const GOptionEntry entries[] = {
        {"options", 'o', 0, G_OPTION_ARG_FILENAME_ARRAY, &request->options,
         "FUSE options: allow_other, uid=, umask=, direct_io ...", "OPT[,OPT]"},
        {"foreground", 0, 0, G_OPTION_ARG_NONE, &request->foreground, "Stay, until the mount ends",
         NULL},
        {"pid-file", 0, 0, G_OPTION_ARG_FILENAME, &request->pid_file,
         "Where to write the number of the process that ends the mount when it is killed", "FILE"},
        {"no-announcement", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &request->no_announcement,
         NULL, NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &request->words, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = uc_command_context(&uc_command_mount);
    g_option_context_add_main_entries(context, entries, NULL);
    uc_sources_add_options(sources, context);
    return uc_command_parse(context, &argc, &argv, error);
}

/* The last word is the mountpoint; it is cut off. */
static UcMountpoint *take_mountpoint(Request *request, GError **error)
{
    guint n = request->words != NULL ? g_strv_length(request->words) : 0;
    if (n == 0) {
        uc_error_set(error, UC_ERROR_USAGE, "no mountpoint is given (see unchain mount --help)");
        return NULL;
    }
    g_autofree char *path = g_steal_pointer(&request->words[n - 1]);
    return uc_mountpoint_new(path, error);
}

/* ---- what is said when it answers ---- */

static void describe_source(GString *text, const UcSource *source, const UcMountpoint *mountpoint)
{
    g_autofree char *path = mountpoint->is_file
                                ? g_strdup(mountpoint->path)
                                : g_build_filename(mountpoint->path, source->name, NULL);
    g_autofree char *shown = uc_text_escape(path, -1);
    g_autofree char *origin = uc_text_escape(source->origin, -1);
    g_autofree char *size = uc_text_size(source->node->size);
    g_string_append_printf(text, "%s shows %s (%s)", shown, origin, size);
}

void uc_mount_announce(const UcMount *mount)
{
    const UcMountpoint *mountpoint = mount->mountpoint;
    const UcSources *sources = mount->sources;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *quoted = uc_text_quote(mountpoint->path);
    g_autofree char *shown = uc_text_escape(mountpoint->path, -1);
    if (mount->silent || uc_log_is_quiet())
        return;
    if (sources->list->len == 1)
        describe_source(text, sources->list->pdata[0], mountpoint);
    else
        g_string_append_printf(text, "%s shows %u images", shown, sources->list->len);
    g_string_append_printf(text, "\nto end it: %s %s%s\n",
                           geteuid() == 0 ? "umount" : "fusermount3 -u", quoted,
                           mount->foreground ? ", or Ctrl-C" : "");
    fputs(text->str, stdout);
    fflush(stdout);
}

/* ---- in the worker ---- */

/* Threads for one image. They start when all others are busy, and stay; the kernel then wakes one
 * after the other, so a lone reader is served the slower, the more there are: on two cores with
 * eight by a tenth, and lseek by a quarter. With fewer than three, many requests at a time are. */
static guint default_threads(void)
{
    return CLAMP(g_get_num_processors(), 3, 8);
}

bool uc_mount_open(UcMount *mount, GError **error)
{
    const UcMountOptions *options = mount->options;
    if (!uc_sources_open(mount->sources, error))
        return false;
    mount->exports = uc_exports_new(mount->sources, &options->ownership, error);
    if (mount->exports == NULL)
        return false;
    for (guint i = 0; options->passthrough && i < mount->exports->len; i++) {
        UcExport *export = g_ptr_array_index(mount->exports, i);
        uc_passthrough_init(&export->passthrough, export->node);
    }
    mount->serve = (UcServe){
        .exports = mount->exports,
        .turns = uc_turns_new(mount->exports->len,
                              options->max_threads > 0 ? options->max_threads : default_threads()),
        .is_file = mount->mountpoint->is_file,
        .direct_io = options->direct_io,
        .passthrough = options->passthrough,
        .directory = uc_exports_directory(mount->exports, &options->ownership),
        .connection = options->connection,
        .max_read = options->max_read,
        .read_ahead = options->read_ahead.bytes,
    };
    return true;
}

/* ---- putting it together ---- */

static char *fsname_of(const UcSources *sources)
{
    if (sources->graph_file != NULL)
        return g_strdup(sources->graph_file);
    const UcSource *first = sources->list->pdata[0];
    if (sources->list->len == 1)
        return g_strdup(first->origin);
    return g_strdup_printf("%s and %u more", first->origin, sources->list->len - 1);
}

static bool make_session(UcMount *mount, UcMountOptions *options, GError **error)
{
    uc_log_capture_begin();
    mount->session = fuse_session_new(&options->rest, &uc_serve_operations,
                                      sizeof uc_serve_operations, &mount->serve);
    g_autofree char *reason = uc_log_capture_end();
    if (mount->session != NULL)
        return true;
    return uc_mount_options_refuse(reason, error);
}

static void mount_clear(UcMount *mount)
{
    if (mount->session != NULL) {
        fuse_session_unmount(mount->session);
        fuse_session_destroy(mount->session);
    }
    g_clear_pointer(&mount->serve.turns, uc_turns_free);
    g_clear_pointer(&mount->exports, g_ptr_array_unref);
    g_clear_pointer(&mount->mountpoint, uc_mountpoint_free);
    g_free(mount->pid_file);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(UcMount, mount_clear)

static bool check_mountpoint(const UcMountpoint *mountpoint, const UcSources *sources,
                             GError **error)
{
    return !mountpoint->is_file || sources->list->len == 1 ||
           uc_error_set(error, UC_ERROR_USAGE,
                        "%s is a file and can show one source; for %u, mount on a directory",
                        mountpoint->path, sources->list->len);
}

/* Threads open the device late, when there is nothing to open any more. */
static void check_clone_fd(UcMountOptions *options, const UcSources *sources)
{
    if (!options->clone_fd || sources->sandbox.mode == UC_SANDBOX_OFF)
        return;
    uc_log(UC_LOG_WARNING, "clone_fd needs --sandbox=off; there is one queue for all threads");
    options->clone_fd = 0;
}

static bool mount_sources(UcMount *mount, const Request *request, UcMountOptions *options,
                          GError **error)
{
    UcSources *sources = mount->sources;
    char *const *words = request->words;
    if (uc_mount_options_apply(options, sources, words[0]) && words[0] != NULL)
        words++;
    if (!uc_sources_gather(sources, words, error) ||
        !check_mountpoint(mount->mountpoint, sources, error))
        return false;
    check_clone_fd(options, sources);
    sources->sandbox.keep_admin = options->passthrough;
    g_autofree char *fsname = fsname_of(sources);
    uc_mount_options_add(options, "fsname", fsname);
    mount->options = options;
    mount->foreground = request->foreground;
    mount->silent = request->no_announcement;
    if (request->pid_file != NULL)
        mount->pid_file = g_canonicalize_filename(request->pid_file, NULL);
    return make_session(mount, options, error) && uc_launcher_run(mount, error);
}

static bool mount_run(int argc, char **argv, GError **error)
{
    g_autoptr(UcSources) sources = uc_sources_new();
    g_auto(Request) request = {0};
    g_auto(UcMount) mount = {.sources = sources};
    if (!request_parse(&request, sources, argc, argv, error))
        return false;
    g_autoptr(UcMountOptions) options = uc_mount_options_new(request.options, error);
    if (options == NULL)
        return false;
    mount.mountpoint = take_mountpoint(&request, error);
    return mount.mountpoint != NULL && mount_sources(&mount, &request, options, error);
}

const UcCommand uc_command_mount = {
    .name = "mount",
    .arguments = "SOURCE... MOUNTPOINT",
    .summary = "Shows images as flat, read-only files: one per SOURCE in a directory, or one on "
               "a file.",
    .notes =
        "Words for -o:\n"
        "  allow_other                     Others may read what all the files let them read\n"
        "  uid=N, gid=N, umask=M, mode=M   Whose the files are, and who may read them\n"
        "  direct_io                       Bypass the page cache: faster for large reads only\n"
        "  read_ahead=SIZE                 How far the kernel reads ahead (1M; root only)\n"
        "  passthrough                     Let the kernel read raw images by itself\n"
        "  max_threads=N                   Read an image with so many threads at most\n"
        "  cache_size=SIZE                 Memory for tables and unpacked clusters (32M)\n"
        "  index_size=SIZE                 Memory for where everything lies (32M; 0: none)\n"
        "  graph                           SOURCE is a graph file\n"
        "  format=F, snapshot=S, truncated=T, sandbox=S, root=DIR, depth_limit=N, image_opts,\n"
        "  allow_probing, no_implied_files, force_share\n"
        "                                  As the options of these names, for /etc/fstab\n"
        "and those of mount.fuse3(8). More is in unchain(1).\n",
    .run = mount_run,
};
