/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a program on what looks like another kernel:
 *
 *     deprive CALL PROGRAM [ARGUMENT...]
 *
 * has the system call CALL not exist. Needs root.
 */
#include <errno.h>
#include <linux/prctl.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    const struct scmp_arg_cmp older_way = SCMP_CMP(0, SCMP_CMP_EQ, PR_SET_SECCOMP);
    if (argc < 3)
        return 2;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
    int result =
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), seccomp_syscall_resolve_name(argv[1]), 0);
    if (result == 0 && strcmp(argv[1], "seccomp") == 0)
        result =
            seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1, &older_way);
    if (result == 0)
        result = seccomp_load(filter);
    if (result == 0)
        execvp(argv[2], argv + 2);
    fprintf(stderr, "deprive: %s\n", strerror(result < 0 ? -result : errno));
    return 77;
}
