/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/*
 * What a process in the sandbox might attempt, and what becomes of it there. captive.c makes the
 * attempts.
 */
typedef struct Attempt {
    const char *name;
    bool (*make)(void); /* returns whether it has succeeded; if not, errno says why */
    unsigned bits;      /* of those below */
    int landlock;       /* the first version of Landlock that prevents it, if not 1 */
} Attempt;

/* It is allowed in these stages. */
#define OPENING 1u
#define SERVING 2u

/* Each of these walls prevents it without the others, in the stages in which it is not allowed. */
#define SECCOMP 4u
#define LANDLOCK 8u
#define CAPABILITIES 16u /* only that they are given up; of root */
#define TOGETHER 32u     /* no wall alone does */

/* A machine can be without it: a kernel that was built without or has it switched off, a file
 * system that does not know it, a container that does not let even root do it. */
#define OPTIONAL 64u

/* Ends with one that has no name. */
extern const Attempt attempts[];

/* To be called before any wall is raised, in a directory that has a file `there`: opens what some
 * attempts need. */
void attempts_prepare(void);
