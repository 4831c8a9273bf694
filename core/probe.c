/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/probe.h"

#include <string.h>

#define PROBE_BYTES 2048

static bool has_extension(const UcDriver *driver, const char *name)
{
    const char *dot = strrchr(name, '.');

    if (!dot || strchr(dot, '/'))
        return false;
    for (const char *const *extension = driver->extensions; extension && *extension; extension++)
        if (g_ascii_strcasecmp(dot + 1, *extension) == 0)
            return true;
    return false;
}

static const UcDriver *find_format(const UcGraph *graph, const uint8_t *head, size_t length)
{
    for (const UcDriver *const *driver = graph->drivers; *driver; driver++)
        if ((*driver)->probe && (*driver)->probe(head, length))
            return *driver;
    return uc_graph_driver(graph, "raw");
}

const UcDriver *uc_probe(const UcNode *file, bool *believed, GError **error)
{
    uint8_t head[PROBE_BYTES];
    size_t length = MIN(file->size, sizeof head);
    const UcHostFile *host = uc_node_host_file(file);
    const UcDriver *driver;

    if (!uc_node_read(file, 0, head, length, error))
        return NULL;
    driver = find_format(file->graph, head, length);
    *believed = file->graph->gate.allow_probing || (host && has_extension(driver, host->name));
    return driver;
}
