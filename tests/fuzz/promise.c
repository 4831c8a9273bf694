/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/promise.h"

#include "core/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
    return 0;
}

void promise_broken(const char *truth, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, truth);
    abort();
}

static bool is_plain(const char *text)
{
    while (*text >= ' ' && *text <= '~')
        text++;
    return *text == 0;
}

void promise_text(const char *text)
{
    if (is_plain(text)) /* as nearly all are */
        return;
    g_autofree char *escaped = uc_text_escape(text, -1);

    if (strcmp(escaped, text) == 0)
        return;
    fprintf(stderr, "not fit to be shown: \"%s\"\n", escaped);
    abort();
}

void promise_outcome(bool done, const GError *error)
{
    promise(done == !error);
    if (error)
        promise_text(error->message);
}
