/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The library without FUSE, for scripts: commands come on standard input, one on a line, and each
 * is answered with one line, "ok", "ok RESULT" or "error MESSAGE".
 *
 *     cd DIRECTORY
 *     new [allow-probing] [truncated-zero] [no-implied-files] [root=DIR] [depth-limit=N]
 *                                            start again with an empty graph
 *     declare JSON                           make a named node known
 *     json JSON | dotted TEXT | image FORMAT NAME    open (FORMAT - is probed) and seal
 *     size
 *     dump FILE                              write all bytes there
 *     model FILE                             what the bytes must be
 *     check-all | check OFFSET LENGTH        compare with the model
 *     survey LIMIT FILE                      write so many bytes there, zeroes for what cannot be
 *                                            read; START END MESSAGE, tab, START END MESSAGE ...
 *     walk GRANULARITY [LIMIT]               the seek walk: START END data|hole ...
 *     paths REACH                            every extent's path, separated by " | "
 *     use NODE                               ask this node of the graph from now on
 *     status                                 START END ZERO DEPTH PRESENT ALLOCATED OFFSET FILE ...
 *     flags                                  START END LOCAL ZERO ALLOC OFFSET ...: 0 or 1 each
 *     above GRANULARITY BASE                 START END ZERO ALLOCATED WHERE ...: where the path
 *                                            enters the node BASE, or - if it does not
 *     threads COUNT SEED                     the same checks from many threads at once
 */
#include "core/extent.h"
#include "core/graph.h"
#include "core/seek.h"
#include "core/status.h"
#include "drivers/drivers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CHUNK (1u << 20)

typedef struct {
    UcGraph *graph;
    UcNode *node;
    GMappedFile *model;
    char *root; /* of the graph's gate */
} Reader;

static void reader_close(Reader *reader)
{
    g_clear_pointer(&reader->graph, uc_graph_free);
    g_clear_pointer(&reader->root, g_free);
    reader->node = NULL;
}

static bool reader_cd(Reader *reader, const char *words, GString *answer, GError **error)
{
    (void)reader;
    (void)answer;
    return chdir(words) == 0 || uc_error_set(error, UC_ERROR_FAILED, "no such directory");
}

static bool set_policy(Reader *reader, UcGate *gate, const char *word)
{
    if (g_str_equal(word, "allow-probing"))
        gate->allow_probing = true;
    else if (g_str_equal(word, "truncated-zero"))
        gate->truncated = UC_TRUNCATED_ZERO;
    else if (g_str_equal(word, "no-implied-files"))
        gate->no_implied_files = true;
    else if (g_str_has_prefix(word, "root="))
        gate->root = reader->root = g_strdup(word + strlen("root="));
    else if (g_str_has_prefix(word, "depth-limit="))
        gate->depth_limit = g_ascii_strtoull(word + strlen("depth-limit="), NULL, 10);
    else
        return false;
    return true;
}

static bool reader_new(Reader *reader, const char *words, GString *answer, GError **error)
{
    (void)answer;
    g_auto(GStrv) word = g_strsplit(words, " ", 0);
    UcGate gate = UC_GATE_DEFAULT;
    reader_close(reader);
    for (int i = 0; word[i]; i++)
        if (*word[i] && !set_policy(reader, &gate, word[i]))
            return uc_error_set(error, UC_ERROR_USAGE, "no such policy: %s", word[i]);
    reader->graph = uc_graph_new(uc_drivers, &gate);
    return true;
}

static bool reader_declare(Reader *reader, const char *words, GString *answer, GError **error)
{
    (void)answer;
    g_autoptr(UcSpec) spec = uc_spec_parse_json(words, -1, "the test", error);
    return spec && uc_graph_declare(reader->graph, spec, error);
}

static bool open_spec(Reader *reader, UcSpec *spec, GError **error)
{
    if (!spec)
        return false;
    reader->node = uc_graph_open(reader->graph, spec, error);
    if (!reader->node)
        return false;
    uc_graph_seal(reader->graph);
    return true;
}

static bool reader_json(Reader *reader, const char *words, GString *answer, GError **error)
{
    (void)answer;
    g_autoptr(UcSpec) spec = uc_spec_parse_json(words, -1, "the test", error);
    return open_spec(reader, spec, error);
}

static bool reader_dotted(Reader *reader, const char *words, GString *answer, GError **error)
{
    (void)answer;
    g_autoptr(UcSpec) spec = uc_spec_parse_dotted(words, "the test", error);
    return open_spec(reader, spec, error);
}

static bool reader_image(Reader *reader, const char *words, GString *answer, GError **error)
{
    (void)answer;
    g_auto(GStrv) word = g_strsplit(words, " ", 2);
    if (!word[0] || !word[1])
        return uc_error_set(error, UC_ERROR_USAGE, "image FORMAT NAME");
    const char *format = g_str_equal(word[0], "-") ? NULL : word[0];
    g_autoptr(UcSpec) spec = uc_spec_for_image(word[1], format);
    return open_spec(reader, spec, error);
}

static bool reader_size(Reader *reader, const char *words, GString *answer, GError **error)
{
    (void)words;
    (void)error;
    g_string_append_printf(answer, "%" PRIu64, reader->node->size);
    return true;
}

/* A buffer of exactly the size, so that AddressSanitizer sees a byte too many. */
static bool dump_chunk(const UcNode *node, uint64_t offset, FILE *file, GError **error)
{
    size_t length = MIN(CHUNK, node->size - offset);
    g_autofree char *buffer = g_malloc(length);
    return uc_node_read(node, offset, buffer, length, error) &&
           (fwrite(buffer, length, 1, file) == 1 ||
            uc_error_set(error, UC_ERROR_FAILED, "cannot write"));
}

static bool reader_dump(Reader *reader, const char *words, GString *answer, GError **error)
{
    (void)answer;
    FILE *file = fopen(words, "wb");
    if (!file)
        return uc_error_set(error, UC_ERROR_FAILED, "cannot create %s", words);
    bool ok = true;
    for (uint64_t at = 0; ok && at < reader->node->size; at += CHUNK)
        ok = dump_chunk(reader->node, at, file, error);
    return fclose(file) == 0 && ok;
}

#define CELL 512

typedef struct {
    uint64_t start;
    uint64_t end; /* as far as is known; start == end: nothing is unreadable so far */
    char *message;
} Unreadable;

static void unreadable_print(Unreadable *unreadable, GString *answer)
{
    if (unreadable->end > unreadable->start)
        g_string_append_printf(answer, "%s%" PRIu64 " %" PRIu64 " %s", answer->len ? "\t" : "",
                               unreadable->start, unreadable->end, unreadable->message);
    g_clear_pointer(&unreadable->message, g_free);
}

static const char *next_letter(const char *text)
{
    return text + strspn(text, "0123456789abcdefx");
}

/* Whether two messages say the same, but for numbers. */
static bool is_same_message(const char *one, const char *other)
{
    for (one = next_letter(one), other = next_letter(other); *one && *one == *other;
         one = next_letter(one + 1), other = next_letter(other + 1))
        ;
    return *one == *other;
}

/* What fails as a whole is tried again cell by cell. */
static void survey_part(const UcNode *node, uint64_t offset, char *buffer, size_t length,
                        Unreadable *unreadable, GString *answer)
{
    g_autoptr(GError) error = NULL;
    if (uc_node_read(node, offset, buffer, length, &error))
        return;
    if (length > CELL) {
        for (size_t at = 0; at < length; at += CELL)
            survey_part(node, offset + at, buffer + at, MIN(CELL, length - at), unreadable, answer);
        return;
    }
    memset(buffer, 0, length);
    if (unreadable->end != offset || !unreadable->message ||
        !is_same_message(unreadable->message, error->message)) {
        unreadable_print(unreadable, answer);
        *unreadable = (Unreadable){.start = offset, .message = g_strdup(error->message)};
    }
    unreadable->end = offset + length;
}

static bool reader_survey(Reader *reader, const char *words, GString *answer, GError **error)
{
    char *name = NULL;
    const uint64_t limit = MIN(g_ascii_strtoull(words, &name, 10), reader->node->size);
    FILE *file = *name ? fopen(name + 1, "wb") : NULL;
    if (!file)
        return uc_error_set(error, UC_ERROR_FAILED, "survey LIMIT FILE: cannot create %s", name);
    g_autofree char *buffer = g_malloc(limit + 1);
    Unreadable unreadable = {0};
    memset(buffer, 0xA5, limit + 1);
    for (uint64_t at = 0; at < limit; at += 32 * CELL)
        survey_part(reader->node, at, buffer + at, MIN(32 * CELL, limit - at), &unreadable, answer);
    unreadable_print(&unreadable, answer);
    const bool ok = fwrite(buffer, 1, limit, file) == limit;
    return (fclose(file) == 0 && ok) || uc_error_set(error, UC_ERROR_FAILED, "cannot write");
}

static bool reader_model(Reader *reader, const char *words, GString *answer, GError **error)
{
    (void)answer;
    g_clear_pointer(&reader->model, g_mapped_file_unref);
    reader->model = g_mapped_file_new(words, FALSE, error);
    return reader->model != NULL;
}

/* Says where two runs of bytes differ. */
static bool compare(const char *got, const char *expected, uint64_t offset, size_t length,
                    GError **error)
{
    size_t i = 0;
    if (memcmp(got, expected, length) == 0)
        return true;
    while (got[i] == expected[i])
        i++;
    return uc_error_set(error, UC_ERROR_FAILED, "the byte at %" PRIu64 " is %d instead of %d",
                        offset + i, (uint8_t)got[i], (uint8_t)expected[i]);
}

static bool check_range(const Reader *reader, uint64_t offset, size_t length, GError **error)
{
    if (offset + length > g_mapped_file_get_length(reader->model))
        return uc_error_set(error, UC_ERROR_FAILED, "the model ends before %" PRIu64,
                            offset + length);
    const char *expected = g_mapped_file_get_contents(reader->model) + offset;
    g_autofree char *buffer = g_malloc(length);
    memset(buffer, 0xA5, length);
    return uc_node_read(reader->node, offset, buffer, length, error) &&
           compare(buffer, expected, offset, length, error);
}

static bool reader_check(Reader *reader, const char *words, GString *answer, GError **error)
{
    (void)answer;
    uint64_t offset = 0;
    size_t length = 0;
    if (sscanf(words, "%" SCNu64 " %zu", &offset, &length) != 2)
        return uc_error_set(error, UC_ERROR_USAGE, "check OFFSET LENGTH");
    return check_range(reader, offset, length, error);
}

static bool reader_check_all(Reader *reader, const char *words, GString *answer, GError **error)
{
    (void)words;
    (void)answer;
    uint64_t size = reader->node->size;
    if (size != g_mapped_file_get_length(reader->model))
        return uc_error_set(error, UC_ERROR_FAILED, "the sizes differ");
    for (uint64_t at = 0; at < size; at += CHUNK)
        if (!check_range(reader, at, MIN(CHUNK, size - at), error))
            return false;
    return true;
}

static bool reader_walk(Reader *reader, const char *words, GString *answer, GError **error)
{
    (void)error;
    uint64_t granularity = 0, limit = UINT64_MAX;
    sscanf(words, "%" SCNu64 " %" SCNu64, &granularity, &limit);
    uint64_t size = reader->node->size;
    g_autoptr(UcSeeker) seeker = uc_seeker_new(reader->node, granularity, UC_SEEK_PATIENCE);
    for (uint64_t at = 0; at < MIN(size, limit);) {
        uint64_t data = size;
        uc_seeker_data(seeker, at, &data);
        if (data > at)
            g_string_append_printf(answer, "%" PRIu64 " %" PRIu64 " hole ", at, data);
        if (data == size)
            break;
        at = uc_seeker_hole(seeker, data);
        g_string_append_printf(answer, "%" PRIu64 " %" PRIu64 " data ", data, at);
    }
    return true;
}

static bool reader_paths(Reader *reader, const char *words, GString *answer, GError **error)
{
    for (UcReach reach = UC_REACH_ALLOCATED; reach <= UC_REACH_STORAGE; reach++) {
        if (!g_str_equal(words, uc_reach_to_string(reach)))
            continue;
        UcExtents extents;
        UcPath path;
        uc_extents_init(&extents, reader->node, 0, reader->node->size, reach);
        while (uc_extents_next(&extents, &path)) {
            g_autofree char *text = uc_path_to_string(&path);
            g_string_append_printf(answer, "%s%s", answer->len ? " | " : "", text);
        }
        return true;
    }
    return uc_error_set(error, UC_ERROR_USAGE, "no such reach");
}

static bool find_node(const Reader *reader, const char *name, UcNode **node, GError **error)
{
    *node = uc_graph_find(reader->graph, name);
    return *node || uc_error_set(error, UC_ERROR_USAGE, "no node %s", name);
}

static bool reader_use(Reader *reader, const char *words, GString *answer, GError **error)
{
    (void)answer;
    return find_node(reader, words, &reader->node, error);
}

static void print_status(GString *answer, const UcPath *path)
{
    bool on_host = uc_path_is_on_host(path);
    g_string_append_printf(answer, "%" PRIu64 " %" PRIu64 " %d %u %d %d ", path->start,
                           path->start + path->length, uc_path_is_zero(path), path->depth,
                           uc_path_is_present(path), path->allocated);
    if (on_host)
        g_string_append_printf(answer, "%" PRIu64 " %s ", path->offset, path->node->file->name);
    else
        g_string_append(answer, "- - ");
}

static bool reader_status(Reader *reader, const char *words, GString *answer, GError **error)
{
    (void)words;
    (void)error;
    UcExtents extents;
    UcPath path;
    uc_extents_init(&extents, reader->node, 0, reader->node->size, UC_REACH_STATUS);
    while (uc_extents_next(&extents, &path))
        print_status(answer, &path);
    return true;
}

/* The four flags in which older discussions speak of a range. */
static bool reader_flags(Reader *reader, const char *words, GString *answer, GError **error)
{
    const UcStatusQuery query = {.granularity = 1, .storage = true};
    (void)words;
    (void)error;
    UcStatuses statuses;
    UcStatus status;
    uc_statuses_init(&statuses, reader->node, 0, reader->node->size, &query);
    while (uc_statuses_next(&statuses, &status))
        g_string_append_printf(answer, "%" PRIu64 " %" PRIu64 " %d %d %d %d ", status.start,
                               status.start + status.length, status.allocated, status.zero,
                               status.reserved, status.file != NULL);
    return true;
}

static void print_place(GString *answer, const UcStatus *status)
{
    g_string_append_printf(answer, "%" PRIu64 " %" PRIu64 " %d %d ", status->start,
                           status->start + status->length, status->zero, status->allocated);
    if (status->in_base)
        g_string_append_printf(answer, "%" PRIu64 " ", status->base_offset);
    else
        g_string_append(answer, "- ");
}

static bool reader_above(Reader *reader, const char *words, GString *answer, GError **error)
{
    g_auto(GStrv) word = g_strsplit(words, " ", 2);
    UcNode *base = NULL;
    if (!word[0] || !word[1])
        return uc_error_set(error, UC_ERROR_USAGE, "above GRANULARITY BASE");
    if (!find_node(reader, word[1], &base, error))
        return false;
    const UcStatusQuery query = {
        .granularity = g_ascii_strtoull(word[0], NULL, 0), .base = base};
    UcStatuses statuses;
    UcStatus status;
    uc_statuses_init(&statuses, reader->node, 0, reader->node->size, &query);
    while (uc_statuses_next(&statuses, &status))
        print_place(answer, &status);
    return true;
}

typedef struct {
    const Reader *reader;
    guint32 seed;
    GError *error;
} Job;

/* Random reads, and seeks whose holes must be zeroes in the model. */
static bool check_randomly(const Job *job, GRand *rand, GError **error)
{
    const UcNode *node = job->reader->node;
    uint64_t offset = (uint64_t)(g_rand_double(rand) * (double)(node->size - 1));
    uint64_t wanted = UINT64_C(1) << g_rand_int_range(rand, 0, 18); /* MIN evaluates twice */
    uint64_t length = MIN(node->size - offset, wanted);
    if (!check_range(job->reader, offset, length, error))
        return false;
    uint64_t data = node->size;
    uc_seek_data(node, offset, UC_SEEK_GRANULARITY, &data);
    const char *model = g_mapped_file_get_contents(job->reader->model);
    for (uint64_t at = offset; at < MIN(data, offset + 65536); at++)
        if (model[at])
            return uc_error_set(error, UC_ERROR_FAILED, "a hole hides the byte at %" PRIu64, at);
    return true;
}

static void *work(void *data)
{
    Job *job = data;
    g_autoptr(GRand) rand = g_rand_new_with_seed(job->seed);
    for (int i = 0; i < 300; i++)
        if (!check_randomly(job, rand, &job->error))
            break;
    return NULL;
}

static bool reader_threads(Reader *reader, const char *words, GString *answer, GError **error)
{
    (void)answer;
    unsigned count = 0, seed = 0;
    if (sscanf(words, "%u %u", &count, &seed) != 2 || !count || reader->node->size < 2)
        return uc_error_set(error, UC_ERROR_USAGE, "threads COUNT SEED");
    g_autofree Job *jobs = g_new0(Job, count);
    g_autofree GThread **threads = g_new0(GThread *, count);
    for (unsigned i = 0; i < count; i++) {
        jobs[i] = (Job){.reader = reader, .seed = seed + i};
        threads[i] = g_thread_new("check", work, &jobs[i]);
    }
    for (unsigned i = 0; i < count; i++) {
        g_thread_join(threads[i]);
        if (jobs[i].error && error && !*error)
            g_propagate_error(error, jobs[i].error);
        else
            g_clear_error(&jobs[i].error);
    }
    return !error || !*error;
}

typedef struct {
    const char *name;
    bool (*run)(Reader *reader, const char *words, GString *answer, GError **error);
    bool needs_node;
    bool needs_model;
} Command;

static const Command commands[] = {
    {"cd", reader_cd, false, false},
    {"new", reader_new, false, false},
    {"declare", reader_declare, false, false},
    {"json", reader_json, false, false},
    {"dotted", reader_dotted, false, false},
    {"image", reader_image, false, false},
    {"size", reader_size, true, false},
    {"dump", reader_dump, true, false},
    {"survey", reader_survey, true, false},
    {"model", reader_model, false, false},
    {"check", reader_check, true, true},
    {"check-all", reader_check_all, true, true},
    {"walk", reader_walk, true, false},
    {"paths", reader_paths, true, false},
    {"use", reader_use, true, false},
    {"status", reader_status, true, false},
    {"flags", reader_flags, true, false},
    {"above", reader_above, true, false},
    {"threads", reader_threads, true, true},
};

static bool execute(Reader *reader, const char *line, GString *answer, GError **error)
{
    size_t length = strcspn(line, " ");
    const char *words = line + length + (line[length] == ' ');
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        const Command *command = &commands[i];
        if (strlen(command->name) != length || strncmp(command->name, line, length) != 0)
            continue;
        if (!reader->graph && command->run != reader_new && command->run != reader_cd)
            return uc_error_set(error, UC_ERROR_USAGE, "no graph");
        if ((command->needs_node && !reader->node) || (command->needs_model && !reader->model))
            return uc_error_set(error, UC_ERROR_USAGE, "nothing is open, or no model");
        return command->run(reader, words, answer, error);
    }
    return uc_error_set(error, UC_ERROR_USAGE, "no such command");
}

int main(void)
{
    Reader reader = {0};
    g_autofree char *line = NULL;
    size_t room = 0;
    ssize_t length;
    while ((length = getline(&line, &room, stdin)) > 0) {
        line[strcspn(line, "\n")] = '\0';
        g_autoptr(GString) answer = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        if (execute(&reader, line, answer, &error))
            printf("ok%s%s\n", answer->len ? " " : "", answer->str);
        else
            printf("error %s\n", error ? error->message : "(no message)");
        fflush(stdout);
    }
    reader_close(&reader);
    g_clear_pointer(&reader.model, g_mapped_file_unref);
    return 0;
}
