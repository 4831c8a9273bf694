/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/hash_output.h"

#include "fuse/json.h"

#include <stdio.h>

static void print_json(const char *title, uint64_t size, const char *digest, const char *sha256)
{
    JsonObject *object = json_object_new();
    JsonNode *value = json_node_init_object(json_node_alloc(), object);
    json_object_set_string_member(object, "source", title);
    json_object_set_int_member(object, "size", size);
    json_object_set_string_member(object, "digest", digest);
    if (sha256 != NULL)
        json_object_set_string_member(object, "sha256", sha256);
    json_object_unref(object);
    uc_json_print(value);
}

void uc_hash_print(const UcSource *source, const UcSum *digest, const char *sha256, bool json)
{
    g_autofree char *title = uc_source_title(source);
    char text[UC_SUM_TEXT];
    uc_sum_print(digest, text);
    if (json) {
        print_json(title, source->node->size, text, sha256);
        return;
    }
    printf("%s  %s\n", text, title);
    if (sha256 != NULL)
        printf("SHA256 (%s) = %s\n", title, sha256);
}
