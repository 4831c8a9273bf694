/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "fuse/source.h"

/*
 * A word is one source on the command line:
 *
 *     vm                           a node that --blockdev or a graph file names
 *     disk.qcow2                   a path
 *     json:{"driver": ...}         a description
 *     driver=qcow2,file.filename=… a description, with --image-opts
 *     NAME=any of these            with the name of the file it becomes
 *
 * What is a node's name means that node. A path that exists is a path, whatever characters it has.
 * With --image-opts, where every word has an equals sign, a name is one if "driver=" follows it.
 */
bool uc_word_add(UcSources *sources, const char *word, GError **error);

/* A node or export written as JSON or in dotted form. `option` says where, for messages. */
UcSpec *uc_word_parse_node(const char *word, const char *option, GError **error);

/* "images/disk.qcow2" -> "disk.raw": what a path is called when nothing else is said. */
char *uc_word_name_of_path(const char *path);
