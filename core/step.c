/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/step.h"

static UcStep plain(UcStepKind kind, uint64_t length)
{
    return (UcStep){
        .kind = kind, .place.edge = UC_EDGE_NONE, .kept.edge = UC_EDGE_NONE, .length = length};
}

UcStep uc_step_child(uint32_t edge, uint64_t offset, uint64_t length)
{
    UcStep step = plain(UC_STEP_CHILD, length);

    step.place = (UcPlace){.edge = edge, .offset = offset};
    return step;
}

UcStep uc_step_zero(uint64_t length)
{
    return plain(UC_STEP_ZERO, length);
}

UcStep uc_step_self(UcWhy why, uint64_t length)
{
    UcStep step = plain(UC_STEP_SELF, length);

    step.why = why;
    return step;
}

UcStep uc_step_undefined(uint64_t length)
{
    return plain(UC_STEP_UNDEFINED, length);
}

UcStep uc_step_keep(UcStep step, uint32_t edge, uint64_t offset)
{
    step.kept = (UcPlace){.edge = edge, .offset = offset};
    return step;
}

UcStep uc_step_unsure(UcStep step)
{
    step.unsure = true;
    return step;
}

const char *uc_why_to_string(UcWhy why)
{
    switch (why) {
    case UC_WHY_STORED:
        return "stored";
    case UC_WHY_COMPRESSED:
        return "compressed";
    case UC_WHY_ENCRYPTED:
        return "encrypted";
    case UC_WHY_COMPUTED:
        return "computed";
    case UC_WHY_BROKEN:
        return "broken";
    }
    return "?";
}

static void append_kind(GString *text, const UcStep *step)
{
    switch (step->kind) {
    case UC_STEP_CHILD:
        g_string_append_printf(text, "child %u@%" G_GUINT64_FORMAT, step->place.edge,
                               step->place.offset);
        break;
    case UC_STEP_ZERO:
        g_string_append(text, "zero");
        break;
    case UC_STEP_SELF:
        g_string_append_printf(text, "self(%s)", uc_why_to_string(step->why));
        break;
    case UC_STEP_UNDEFINED:
        g_string_append(text, "undefined");
        break;
    case UC_STEP_INVALID:
        g_string_append(text, "invalid");
        break;
    }
}

char *uc_step_to_string(const UcStep *step)
{
    GString *text = g_string_new(NULL);

    append_kind(text, step);
    if (step->kept.edge != UC_EDGE_NONE)
        g_string_append_printf(text, " kept %u@%" G_GUINT64_FORMAT, step->kept.edge,
                               step->kept.offset);
    g_string_append(text, step->unsure ? " unsure" : "");
    g_string_append_printf(text, " +%" G_GUINT64_FORMAT, step->length);
    return g_string_free(text, FALSE);
}
