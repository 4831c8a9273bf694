/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "tests/unit/fake.h"

/*
 * What a graph answers, as text that tests compare. Graphs are written with ' for ". Whoever
 * gets a text frees it.
 */
FakeGraph answers_open(const char *graph);

/* Every extent's path, one on a line. */
char *answers_paths(const UcNode *node);
/* Every extent's path with `base` (or NULL) as base, reduced to what does not say which filters
 * were passed: where it ends, owner, depth, allocated, reserved. One on a line. */
char *answers_facts(const UcNode *node, const UcNode *base);
/* All bytes in hexadecimal, or the message of the error. */
char *answers_bytes(const UcNode *node);
/* The bytes of a range. */
char *answers_read(const UcNode *node, uint64_t offset, size_t length);
/* Why a graph of all drivers cannot be opened, or "opened". */
char *answers_refusal(const char *graph);

/* CU_ASSERT_STRING_EQUAL that prints what it got; takes `got`. */
void answers_check(char *got, const char *expected, const char *what);
