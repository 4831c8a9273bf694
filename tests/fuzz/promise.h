/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a target holds the program to, besides what sanitizers see. A promise that is broken ends
 * the process, and the fuzzer keeps the input that did it. So does a complaint of GLib.
 */
#define promise(truth) ((truth) ? (void)0 : promise_broken(#truth, __FILE__, __LINE__))
G_NORETURN void promise_broken(const char *truth, const char *file, int line);

/* Fit for a terminal and for JSON. */
void promise_text(const char *text);

/* It is done, or there is a reason, fit to be shown; never both. */
void promise_outcome(bool done, const GError *error);

/* What libFuzzer calls. Initialize is the same for all targets. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
