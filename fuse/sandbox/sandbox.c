/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/sandbox/sandbox.h"

#include "fuse/sandbox/landlock.h"
#include "fuse/sandbox/privileges.h"
#include "fuse/sandbox/syscalls.h"

#include <string.h>

typedef struct Wall {
    const char *name;
    bool (*raise)(const UcSandbox *sandbox, GError **error);
} Wall;

/* In this order: the last takes away what the others are raised with. */
static const Wall walls[] = {
    {"no-new-privileges", uc_privileges_renounce},
    {"no-capabilities", uc_privileges_drop},
    {"landlock", uc_landlock_restrict},
    {"limits", uc_privileges_limit},
    {"seccomp", uc_syscalls_restrict},
};

/* The process has one sandbox, hence one of these. */
static struct {
    GPtrArray *raised; /* of names */
    GString *missing;
} state;

bool uc_sandbox_parse_mode(const char *text, UcSandboxMode *mode, GError **error)
{
    static const char *const words[] = {
        [UC_SANDBOX_AUTO] = "auto", [UC_SANDBOX_REQUIRE] = "require", [UC_SANDBOX_OFF] = "off"};
    if (text == NULL)
        text = UC_SANDBOX_DEFAULT;
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcmp(text, words[i]) == 0) {
            *mode = i;
            return true;
        }
    return uc_error_set(error, UC_ERROR_USAGE,
                        "--sandbox=%s: expected \"auto\", \"require\" or \"off\"", text);
}

static void forget(void)
{
    if (state.raised == NULL) {
        state.raised = g_ptr_array_new();
        state.missing = g_string_new(NULL);
    }
    g_ptr_array_set_size(state.raised, 0);
    g_string_truncate(state.missing, 0);
}

bool uc_sandbox_enter(const UcSandbox *sandbox, GError **error)
{
    if (sandbox->mode == UC_SANDBOX_OFF)
        return true;
    forget();
    for (guint i = 0; i < G_N_ELEMENTS(walls); i++) {
        g_autoptr(GError) reason = NULL;
        if (walls[i].raise(sandbox, &reason))
            g_ptr_array_add(state.raised, (gpointer)walls[i].name);
        else if (sandbox->mode == UC_SANDBOX_REQUIRE)
            return uc_error_set(error, UC_ERROR_FAILED,
                                "--sandbox=require: there is no %s here: %s "
                                "(--sandbox=auto goes on without)",
                                walls[i].name, reason->message);
        else
            g_string_append_printf(state.missing, "%s%s (%s)", state.missing->len > 0 ? ", " : "",
                                   walls[i].name, reason->message);
    }
    return true;
}

const GPtrArray *uc_sandbox_walls(void)
{
    if (state.raised == NULL)
        forget();
    return state.raised;
}

char *uc_sandbox_missing(void)
{
    return g_strdup(state.missing != NULL ? state.missing->str : "");
}

char *uc_sandbox_to_string(void)
{
    const GPtrArray *raised = uc_sandbox_walls();
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < raised->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", (char *)raised->pdata[i]);
    if (text->len == 0)
        g_string_append(text, "off");
    if (state.missing->len > 0)
        g_string_append_printf(text, "; without %s", state.missing->str);
    return g_string_free(text, FALSE);
}
