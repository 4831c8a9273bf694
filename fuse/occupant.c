/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/occupant.h"

#include "core/text.h"
#include "fuse/log.h"
#include "fuse/unmount.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Occupant {
    char *point; /* where it is mounted */
    char *type;  /* "fuse.sshfs" */
    uid_t uid;   /* whose it is */
    gid_t gid;
} Occupant;

static void occupant_free(Occupant *occupant)
{
    g_free(occupant->point);
    g_free(occupant->type);
    g_free(occupant);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Occupant, occupant_free)

/* ---- finding it ---- */

static unsigned number_after(const char *options, const char *key)
{
    const char *found = strstr(options, key);
    return found != NULL ? strtoul(found + strlen(key), NULL, 10) : 0;
}

/* A line of mountinfo, see proc(5); spaces in names are octal there. NULL: it is no such line. */
static Occupant *occupant_parse(const char *line)
{
    g_auto(GStrv) halves = g_strsplit(line, " - ", 2);
    if (g_strv_length(halves) < 2)
        return NULL;
    g_auto(GStrv) place = g_strsplit(halves[0], " ", -1);
    g_auto(GStrv) what = g_strsplit(halves[1], " ", 3);
    if (g_strv_length(place) < 5 || g_strv_length(what) < 3)
        return NULL;
    Occupant *occupant = g_new0(Occupant, 1);
    occupant->point = g_strcompress(place[4]);
    occupant->type = g_strcompress(what[0]);
    occupant->uid = number_after(what[2], "user_id=");
    occupant->gid = number_after(what[2], "group_id=");
    return occupant;
}

static bool covers(const Occupant *occupant, const char *path)
{
    size_t length = strlen(occupant->point);
    return strncmp(path, occupant->point, length) == 0 &&
           (path[length] == '\0' || path[length] == '/' || length == 1);
}

static bool is_fuse(const Occupant *occupant)
{
    const char *type = occupant->type;
    return strcmp(type, "fuse") == 0 || strcmp(type, "fuseblk") == 0 ||
           g_str_has_prefix(type, "fuse.") || g_str_has_prefix(type, "fuseblk.");
}

/* The mount that `path` leads to, if it is one of FUSE: the deepest one; of several in one place
 * the last, which lies on top. */
static Occupant *find(const char *path)
{
    g_autofree char *text = NULL;
    g_autoptr(Occupant) found = NULL;
    if (!g_file_get_contents("/proc/self/mountinfo", &text, NULL, NULL))
        return NULL;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_autoptr(Occupant) next = occupant_parse(*line);
        if (next != NULL && covers(next, path) &&
            (found == NULL || strlen(next->point) >= strlen(found->point))) {
            g_clear_pointer(&found, occupant_free);
            found = g_steal_pointer(&next);
        }
    }
    return found != NULL && is_fuse(found) ? g_steal_pointer(&found) : NULL;
}

/* Without the slash at the end of "mnt/", for which a dead mount would have to be asked. The
 * caller frees. */
static char *resolve(const char *path)
{
    g_autofree char *plain = g_strdup(path);
    for (size_t length = strlen(plain); length > 1 && plain[length - 1] == '/'; length--)
        plain[length - 1] = '\0';
    char *resolved = realpath(plain, NULL);
    return resolved != NULL ? resolved : g_canonicalize_filename(plain, NULL);
}

/* ---- is it dead? ---- */

/* In three tries of three. */
static bool is_disconnected(const char *point)
{
    for (int i = 0; i < 3; i++) {
        struct statfs ignored;
        struct rusage before, after;
        getrusage(RUSAGE_THREAD, &before);
        bool refused = statfs(point, &ignored) != 0 && errno == ENOTCONN;
        getrusage(RUSAGE_THREAD, &after);
        if (!refused || after.ru_nvcsw != before.ru_nvcsw)
            return false;
    }
    return true;
}

/* A mount without allow_other lets nobody but its owner find out, not even root. */
static bool is_disconnected_for_owner(const Occupant *occupant)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        bool became = setresgid(occupant->gid, occupant->gid, occupant->gid) == 0 &&
                      setresuid(occupant->uid, occupant->uid, occupant->uid) == 0;
        _exit(became && is_disconnected(occupant->point) ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return status == 0;
}

static bool is_dead(const Occupant *occupant)
{
    return geteuid() == 0 && occupant->uid != 0 ? is_disconnected_for_owner(occupant)
                                                : is_disconnected(occupant->point);
}

/* ---- what follows from it ---- */

static bool set_in_the_way(GError **error, const char *path, const Occupant *occupant)
{
    g_autofree char *point = uc_text_quote(occupant->point);
    const char *tool = "as root: umount -l";
    if (geteuid() == 0)
        tool = "umount -l";
    else if (occupant->uid == geteuid())
        tool = "fusermount3 -u -z";
    return uc_error_set(error, UC_ERROR_FAILED,
                        "mountpoint %s: a mount of type %s is in the way whose program has died; "
                        "remove it with %s %s",
                        path, occupant->type, tool, point);
}

static bool unmount(const Occupant *occupant)
{
    if (geteuid() != 0 && occupant->uid != geteuid())
        return false;
    if (!uc_unmount_detach(occupant->point))
        return false;
    uc_log(UC_LOG_WARNING, "%s: a mount of type %s stood there whose program had died; unmounted",
           occupant->point, occupant->type);
    return true;
}

bool uc_occupant_clear_dead(const char *path, GError **error)
{
    g_autofree char *place = resolve(path);
    for (;;) {
        g_autoptr(Occupant) occupant = find(place);
        if (occupant == NULL || !is_dead(occupant))
            return true;
        if (strcmp(occupant->point, place) != 0 || !unmount(occupant))
            return set_in_the_way(error, path, occupant);
    }
}

char *uc_occupant_explain(const char *path, int code)
{
    g_autofree char *place = resolve(path);
    g_autoptr(Occupant) occupant = find(place);
    if (occupant != NULL && code == ENOTCONN)
        return g_strdup_printf(
            ": so says the program, still alive, whose mount of type %s is at %s", occupant->type,
            occupant->point);
    if (occupant != NULL && code == EACCES && occupant->uid != geteuid())
        return g_strdup_printf(": at %s user %u has mounted something of type %s for nobody else",
                               occupant->point, occupant->uid, occupant->type);
    return g_strdup("");
}
