/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a target on inputs that are there already, the files and directories it is given: any
 * compiler can build it, a debugger or valgrind can watch it, and coverage is measured with it.
 */
#include "tests/fuzz/promise.h"

#include <stdio.h>

static unsigned replay(const char *name);

static unsigned replay_directory(const char *name)
{
    g_autoptr(GDir) directory = g_dir_open(name, 0, NULL);
    unsigned count = 0;
    for (const char *entry; directory && (entry = g_dir_read_name(directory));) {
        g_autofree char *path = g_build_filename(name, entry, NULL);
        count += replay(path);
    }
    return count;
}

static unsigned replay(const char *name)
{
    g_autofree char *text = NULL;
    gsize length;
    if (g_file_test(name, G_FILE_TEST_IS_DIR))
        return replay_directory(name);
    if (!g_file_get_contents(name, &text, &length, NULL)) {
        fprintf(stderr, "cannot read %s\n", name);
        return 0;
    }
    /* Of exactly that length, so that a sanitizer sees a byte too many. */
    g_autofree uint8_t *input = g_memdup2(text, length);
    LLVMFuzzerTestOneInput(input, length);
    return 1;
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++)
        count += replay(argv[i]);
    printf("%u inputs\n", count);
    return count == 0;
}
