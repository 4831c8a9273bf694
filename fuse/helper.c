/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/command.h"

#include <string.h>
#include <unistd.h>

/*
 * mount(8) runs /sbin/mount.fuse.unchain, a link to this program; mount.fuse3(8) runs `unchain`
 * itself with the same words. Everything a line of /etc/fstab can say stands after -o, so the
 * call is turned into one of `unchain mount`.
 */
static bool is_named_helper(const char *program)
{
    g_autofree char *base = g_path_get_basename(program);
    return g_str_has_prefix(base, "mount.");
}

static bool looks_like_source(const char *word)
{
    return access(word, F_OK) == 0 || strchr(word, '=') != NULL || strchr(word, '/') != NULL ||
           g_str_has_prefix(word, "json:");
}

bool uc_helper_is_call(int argc, char **argv)
{
    if (argc < 1 || is_named_helper(argv[0]))
        return argc > 0;
    return argc > 2 && *argv[1] != '-' && *argv[2] != '-' && looks_like_source(argv[1]);
}

typedef struct Call {
    GPtrArray *words; /* of `unchain mount`; borrowed but for the array */
    bool fake;
} Call;

/* The letters behind one dash; `value` is the next word. True if it was taken. */
static bool take_flags(Call *call, const char *letters, char *value)
{
    for (; *letters != '\0'; letters++) {
        if (*letters == 'v')
            g_ptr_array_add(call->words, "--verbose");
        else if (*letters == 'f')
            call->fake = true;
        else if (*letters == 'o' && value != NULL)
            g_ptr_array_add(call->words, "-o");
        if (strchr("oNt", *letters) == NULL || value == NULL)
            continue;
        if (*letters == 'o')
            g_ptr_array_add(call->words, value);
        return true;
    }
    return false;
}

bool uc_helper_run(int argc, char **argv, GError **error)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    Call call = {.words = words};
    if (argc < 3)
        return uc_error_set(error, UC_ERROR_USAGE,
                            "expected SOURCE DIRECTORY [-sfnv] [-o OPTIONS], as mount(8) calls it");
    g_ptr_array_add(words, (char *)uc_command_mount.name);
    g_ptr_array_add(words, "--no-announcement");
    for (int i = 3; i < argc; i++)
        if (*argv[i] == '-' && take_flags(&call, argv[i] + 1, i + 1 < argc ? argv[i + 1] : NULL))
            i++;
    g_ptr_array_add(words, "--");
    g_ptr_array_add(words, argv[1]);
    g_ptr_array_add(words, argv[2]);
    g_ptr_array_add(words, NULL);
    return call.fake || uc_command_mount.run(words->len - 1, (char **)words->pdata, error);
}
