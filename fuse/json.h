/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

/* A JSON string, with its quotes, of a text that may be any bytes; the caller frees. */
char *uc_json_quote(const char *text);

/* Adds such a text to an object. */
void uc_json_add_text(JsonObject *object, const char *key, const char *text);

/* Prints a value and a newline; takes it. */
void uc_json_print(JsonNode *value);
