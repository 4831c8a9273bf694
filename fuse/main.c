/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/command.h"
#include "fuse/log.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_WRONG_USAGE = 2 };

static const UcCommand *const commands[] = {
    &uc_command_mount, &uc_command_map,    &uc_command_info,    &uc_command_graph,
    &uc_command_hash,  &uc_command_verify, &uc_command_compare,
};

/* The number of a standard stream that is closed would be given to an image, which a mount that
 * goes to the background would close. What takes it instead can be neither read nor written. */
static void occupy_standard_streams(void)
{
    int fd;
    do
        fd = open("/dev/null", O_PATH);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

static bool print_help(void)
{
    puts("unchain shows image chains as flat raw files, holes included.\n");
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        printf("  unchain %-7s [options] %s\n      %s\n", commands[i]->name, commands[i]->arguments,
               commands[i]->summary);
    puts("\n  unchain COMMAND --help    the options of a command\n"
         "  unchain --version         this program's version");
    return true;
}

static bool print_version(void)
{
    puts("unchain " UC_VERSION);
    return true;
}

static const UcCommand *find_command(const char *word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        if (strcmp(word, commands[i]->name) == 0)
            return commands[i];
    return NULL;
}

static bool run(int argc, char **argv, GError **error)
{
    const char *word = argc > 1 ? argv[1] : "";
    const UcCommand *command = find_command(word);
    if (command != NULL)
        return command->run(argc - 1, argv + 1, error);
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return print_help();
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
        return print_version();
    if (uc_helper_is_call(argc, argv))
        return uc_helper_run(argc, argv, error);
    return uc_error_set(error, UC_ERROR_USAGE,
                        argc < 2 ? "no command is given (see unchain --help)"
                                 : "%s: unknown command (see unchain --help)",
                        word);
}

static bool flush_output(GError **error)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    return uc_error_set(error, UC_ERROR_FAILED, "cannot write to standard output");
}

static int exit_status(const char *word, const GError *error)
{
    const UcCommand *command = find_command(word);
    if (g_error_matches(error, UC_ERROR, UC_ERROR_USAGE))
        return EXIT_WRONG_USAGE;
    return error != NULL && command != NULL && command->trouble != 0 ? command->trouble
                                                                     : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    occupy_standard_streams();
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error like others */
    uc_log_init();
    if (run(argc, argv, &error) && flush_output(&error))
        return EXIT_SUCCESS;
    if (error != NULL)
        uc_log(UC_LOG_ERROR, "%s", error->message);
    return exit_status(argc > 1 ? argv[1] : "", error);
}
