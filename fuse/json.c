/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/json.h"

#include "core/text.h"

#include <stdio.h>

char *uc_json_quote(const char *text)
{
    g_autofree char *escaped = uc_text_escape(text, -1);
    g_autoptr(JsonNode) node = json_node_init_string(json_node_alloc(), escaped);
    return json_to_string(node, FALSE);
}

void uc_json_add_text(JsonObject *object, const char *key, const char *text)
{
    g_autofree char *escaped = uc_text_escape(text, -1);
    json_object_set_string_member(object, key, escaped);
}

void uc_json_print(JsonNode *value)
{
    g_autofree char *text = json_to_string(value, TRUE);
    puts(text);
    json_node_unref(value);
}
