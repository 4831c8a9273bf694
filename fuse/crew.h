/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/*
 * A crew does jobs on several threads and hands them back in the order in which they were given,
 * so that work in parallel looks like a loop:
 *
 *     while (!uc_crew_is_busy(crew) && (job = next ()))
 *         uc_crew_give(crew, job);
 *     job = uc_crew_take(crew);
 *
 * One thread gives and takes.
 */
typedef struct UcCrew UcCrew;

UcCrew *uc_crew_new(GFunc work, gpointer data, GDestroyNotify free_job); /* work(job, data) */
/* Drops the jobs that have not begun, and waits for those that have. */
void uc_crew_free(UcCrew *crew);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UcCrew, uc_crew_free)

/* Whether more jobs would only take up memory. */
bool uc_crew_is_busy(const UcCrew *crew);
/* Takes the job until it is handed back. */
void uc_crew_give(UcCrew *crew, gpointer job);
/* The same, of a job in which there is nothing to do: it only takes its place in the order. */
void uc_crew_give_done(UcCrew *crew, gpointer job);
/* The oldest job, waited for; NULL if there is none. */
gpointer uc_crew_take(UcCrew *crew);
