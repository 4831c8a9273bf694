/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/*
 * A disk that hangs must hold up nobody but those who read it. A thread that reads it hangs with
 * it; so no image may have all the threads, and one thread is always left to answer what needs no
 * image. Who may read an image now has one of its turns:
 *
 *     request --> a turn is left: the thread that has received it takes it
 *             --> none is left: the request waits in the line of its image, and the thread receives
 *                 the next one
 *     work is done --> the thread does what waits first in that line, or gives the turn back
 *
 * Each image has a turn of its own and may have several of those that are for all of them. So the
 * number of threads is bounded, and however many images hang, all others go on.
 *
 * (A turn for all that becomes free goes to who asks next, not to images whose own turn hangs while
 * others of their requests wait: these go on with the next request for that image.)
 */
typedef struct UcTurns UcTurns;

typedef void (*UcWork)(gpointer job);

/* For so many images, each of which may have up to `most` turns. */
UcTurns *uc_turns_new(guint images, guint most);
/* When nobody is in uc_turns_do() any more. */
void uc_turns_free(UcTurns *turns);

/* How many threads do work at the same time, at most. */
guint uc_turns_limit(const UcTurns *turns);

/* Calls `work` with the job, which has `size` bytes; or later with a copy of it, from another
 * thread, when it is its turn. All jobs of an image are of one kind of work. */
void uc_turns_do(UcTurns *turns, guint image, UcWork work, gpointer job, gsize size);
