/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/format/qcow2/feature.h"
#include "core/text.h"
#include "drivers/format/qcow2/ondisk.h"

/* What the image's own table calls the bit, fit for a terminal; "bit N" if it does not say. */
static char *feature_name(const Qcow2Bytes *table, unsigned bit)
{
    for (size_t at = 0; table->length - at >= QCOW2_FEATURE_ENTRY; at += QCOW2_FEATURE_ENTRY) {
        const uint8_t *entry = table->bytes + at;
        const char *name = (const char *)entry + QCOW2_FEATURE_AT_NAME;
        const size_t length = strnlen(name, QCOW2_FEATURE_ENTRY - QCOW2_FEATURE_AT_NAME);
        if (entry[0] == QCOW2_FEATURE_INCOMPATIBLE && entry[1] == bit && length > 0)
            return uc_text_escape(name, (gssize)length);
    }
    return g_strdup_printf("bit %u", bit);
}

bool qcow2_features_check(const Qcow2Header *header, const Qcow2Extensions *extensions,
                          GError **error)
{
    const uint64_t unknown = header->incompatible & ~QCOW2_INCOMPATIBLE_KNOWN;
    g_autoptr(GString) names = g_string_new(NULL);
    if (!unknown)
        return true;
    for (unsigned bit = 0; bit < 64; bit++) {
        if (!(unknown >> bit & 1))
            continue;
        g_autofree char *name = feature_name(&extensions->feature_names, bit);
        g_string_append_printf(names, "%s\"%s\"", names->len ? ", " : "", name);
    }
    return uc_error_set(error, UC_ERROR_FAILED,
                        "the image needs qcow2 features that are not known here: %s", names->str);
}
