/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/lock.h"
#include "drivers/drivers.h"

#include <CUnit/Basic.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Which bytes are locked, and which locks of others matter. The others are further open file
 * descriptions of ours: to OFD locks they are strangers. */

#define FILE_NAME "disk.img"
#define OURS "100 201 203"

static int open_file(int flags)
{
    int fd = open(FILE_NAME, flags | O_CLOEXEC);

    CU_ASSERT_FATAL(fd >= 0);
    return fd;
}

/* Somebody who locks one byte, or with length 0 everything from there on. */
static int open_other(short type, int start, int length)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
    int fd = open_file(O_RDWR);

    CU_ASSERT_EQUAL(fcntl(fd, F_OFD_SETLK, &lock), 0);
    return fd;
}

/* The bytes that somebody has locked: "100 201 203". */
static char *locked_bytes(void)
{
    g_autoptr(GString) bytes = g_string_new(NULL);
    int fd = open_file(O_RDONLY);

    for (int byte = 0; byte < 300; byte++) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

        CU_ASSERT_EQUAL(fcntl(fd, F_OFD_GETLK, &lock), 0);
        if (lock.l_type != F_UNLCK)
            g_string_append_printf(bytes, "%s%d", bytes->len ? " " : "", byte);
    }
    close(fd);
    return g_string_free(g_steal_pointer(&bytes), FALSE);
}

static void check_bytes(const char *expected)
{
    g_autofree char *bytes = locked_bytes();

    CU_ASSERT_STRING_EQUAL(bytes, expected);
    if (strcmp(bytes, expected) != 0)
        g_printerr("locked are '%s', expected '%s'\n", bytes, expected);
}

static void test_bytes(void)
{
    int fd = open_file(O_RDONLY), second = open_file(O_RDONLY);

    CU_ASSERT_EQUAL(uc_lock_take(fd), UC_LOCKED);
    check_bytes(OURS);
    CU_ASSERT_EQUAL(uc_lock_take(second), UC_LOCKED);
    CU_ASSERT_EQUAL(uc_lock_take(second), UC_LOCKED);
    close(fd);
    check_bytes(OURS);
    close(second);
    check_bytes("");
}

static void test_others(void)
{
    static const struct {
        int byte;
        UcLockResult expected;
        const char *left; /* locked afterwards */
    } cases[] = {
        {0, UC_LOCKED, "0 " OURS},           {100, UC_LOCKED, OURS},
        {101, UC_LOCK_IS_WRITTEN, "101"},    {102, UC_LOCKED, "100 102 201 203"},
        {103, UC_LOCK_IS_WRITTEN, "103"},    {104, UC_LOCKED, "100 104 201 203"},
        {200, UC_LOCK_IS_UNSETTLED, "200"},  {201, UC_LOCKED, OURS},
        {202, UC_LOCKED, "100 201 202 203"}, {203, UC_LOCKED, OURS},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        int fd = open_file(O_RDONLY), other = open_other(F_RDLCK, cases[i].byte, 1);

        CU_ASSERT_EQUAL(uc_lock_take(fd), cases[i].expected);
        check_bytes(cases[i].left);
        close(other);
        close(fd);
    }
}

static void test_exclusive(void)
{
    int fd = open_file(O_RDONLY), other = open_other(F_WRLCK, 202, 0);

    CU_ASSERT_EQUAL(uc_lock_take(fd), UC_LOCK_IS_EXCLUSIVE);
    close(other);
    check_bytes("");
    CU_ASSERT_EQUAL(uc_lock_take(fd), UC_LOCKED);
    close(fd);
}

/* The worker and the supervisor hold them together, and who else opens the file does not matter. */
static void test_sharing_processes(void)
{
    int fd = open_file(O_RDONLY), ends[2];
    pid_t child;
    char end;

    CU_ASSERT_EQUAL(uc_lock_take(fd), UC_LOCKED);
    CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
    child = fork();
    if (child == 0) {
        close(ends[1]);
        _exit(read(ends[0], &end, 1) == 0 ? 0 : 1);
    }
    close(open_file(O_RDONLY));
    check_bytes(OURS);
    close(fd);
    check_bytes(OURS);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    check_bytes("");
    close(ends[0]);
    close(ends[1]);
}

/* ---- at the same moment ---- */

#define RACING_TIME (CLOCKS_PER_SEC / 3)
#define NO_MORE (-1)

typedef struct {
    int fd; /* the writer's */
    bool writes;
    gint round; /* that begins, atomic */
    gint done;
} Race;

/* Of what QEMU does when it begins to write, what contradicts a reader: it says so, and looks. */
static bool begin_to_write(int fd)
{
    struct flock write = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 101, .l_len = 1};
    struct flock others = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 201, .l_len = 1};

    return fcntl(fd, F_OFD_SETLK, &write) == 0 && fcntl(fd, F_OFD_GETLK, &others) == 0 &&
           others.l_type == F_UNLCK;
}

static gpointer run_writer(gpointer data)
{
    Race *race = data;

    for (int round, last = 0; (round = g_atomic_int_get(&race->round)) != NO_MORE; last = round) {
        if (round == last) {
            g_thread_yield();
            continue;
        }
        race->writes = begin_to_write(race->fd);
        g_atomic_int_set(&race->done, round);
    }
    return NULL;
}

static bool race_once(Race *race, int fd, int round)
{
    struct flock nothing = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    bool reads;

    g_atomic_int_set(&race->round, round);
    reads = uc_lock_take(fd) == UC_LOCKED;
    while (g_atomic_int_get(&race->done) != round)
        g_thread_yield();
    fcntl(fd, F_OFD_SETLK, &nothing);
    fcntl(race->fd, F_OFD_SETLK, &nothing);
    return reads && race->writes;
}

static void test_race(void)
{
    Race race = {.fd = open_file(O_RDWR)};
    int fd = open_file(O_RDONLY), both = 0;
    GThread *writer = g_thread_new("writer", run_writer, &race);
    clock_t end = clock() + RACING_TIME;

    for (int round = 1; clock() < end; round++)
        both += race_once(&race, fd, round);
    g_atomic_int_set(&race.round, NO_MORE);
    g_thread_join(writer);
    CU_ASSERT_EQUAL(both, 0);
    close(race.fd);
    close(fd);
}

/* ---- where there are no locks ---- */

/* A descriptor that opens nothing cannot lock anything either. */
static void test_impossible(void)
{
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    g_autoptr(GError) error = NULL;
    UcHostFile file = {.name = (char *)"no\nlocks", .fd = open_file(O_PATH)};

    CU_ASSERT_EQUAL(uc_lock_take(file.fd), UC_LOCK_IS_IMPOSSIBLE);
    CU_ASSERT_TRUE(uc_lock_file(graph, &file, UC_LOCKING_OFF, NULL));
    CU_ASSERT_EQUAL(graph->warnings->len, 0);
    CU_ASSERT_FALSE(uc_lock_file(graph, &file, UC_LOCKING_ON, &error));
    CU_ASSERT_STRING_EQUAL(error->message, "'no\\x0alocks' cannot be locked (Bad file descriptor), "
                                           "and \"locking\" says that it must be");
    CU_ASSERT_EQUAL(graph->warnings->len, 0);
    CU_ASSERT_TRUE(uc_lock_file(graph, &file, UC_LOCKING_AUTO, NULL));
    CU_ASSERT_TRUE(uc_lock_file(graph, &file, UC_LOCKING_AUTO, NULL));
    CU_ASSERT_EQUAL_FATAL(graph->warnings->len, 1);
    CU_ASSERT_STRING_EQUAL(g_ptr_array_index(graph->warnings, 0),
                           "'no\\x0alocks' cannot be locked (Bad file descriptor): nothing keeps a "
                           "virtual machine from writing it while it is read");
    close(file.fd);
}

/* ---- what descriptions say ---- */

static UcSpec *parse(const char *json)
{
    g_autofree char *quoted = g_strdelimit(g_strdup(json), "'", '"');

    return uc_spec_parse_json(quoted, -1, NULL, NULL);
}

/* Opens it, with a declared node "file" of that file. */
static bool open_graph(UcGraph *graph, const char *json, GError **error)
{
    g_autoptr(UcSpec) spec = parse(json);
    g_autoptr(UcSpec) named =
        parse("{'driver':'file','node-name':'file','filename':'" FILE_NAME "'}");

    CU_ASSERT_FATAL(spec && uc_graph_declare(graph, named, NULL));
    return uc_graph_open(graph, spec, error) != NULL;
}

static void check_graph(const char *json, bool force_share, const char *expected)
{
    UcGate gate = UC_GATE_DEFAULT;

    gate.force_share = force_share;
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, &gate);
    CU_ASSERT_TRUE(open_graph(graph, json, NULL));
    check_bytes(expected);
}

#define INSIDE "'file':{'driver':'file','filename':'" FILE_NAME "'"

static void test_force_share(void)
{
    check_graph("{'driver':'raw'," INSIDE "}}", false, OURS);
    check_graph("{'driver':'raw'," INSIDE "}}", true, "");
    check_graph("{'driver':'raw','force-share':true," INSIDE "}}", false, "");
    check_graph("{'driver':'raw','force-share':'on'," INSIDE "}}", false, "");
    check_graph("{'driver':'raw','force-share':true," INSIDE ",'force-share':false}}", false, OURS);
    check_graph("{'driver':'raw'," INSIDE ",'force-share':true}}", false, "");
    check_graph("{'driver':'raw','force-share':'off'," INSIDE "}}", true, OURS);
    check_graph("{'filename':'" FILE_NAME "','force-share':true}", false, "");
    check_graph("{'driver':'throttle','force-share':true,'file':{'driver':'raw'," INSIDE "}}}",
                false, "");
}

/* What a node says holds for what stands inside its description, not for nodes it names. */
static void test_force_share_and_names(void)
{
    check_graph("{'driver':'raw','file':'file'}", false, OURS);
    check_graph("{'driver':'raw','file':'file'}", true, "");
    check_graph("{'driver':'raw','force-share':true,'file':'file'}", false, OURS);
}

static void test_locking(void)
{
    check_graph("{'driver':'raw'," INSIDE ",'locking':'on'}}", false, OURS);
    check_graph("{'driver':'raw'," INSIDE ",'locking':'auto'}}", false, OURS);
    check_graph("{'driver':'raw'," INSIDE ",'locking':'off'}}", false, "");
    check_graph("{'driver':'raw'," INSIDE ",'locking':'on'}}", true, "");
}

static void test_refusal(void)
{
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    g_autoptr(UcGraph) second = uc_graph_new(uc_drivers, NULL);
    g_autoptr(GError) error = NULL;
    int writer = open_other(F_RDLCK, 101, 1);

    CU_ASSERT_FALSE(open_graph(graph, "{'driver':'raw'," INSIDE "}}", &error));
    CU_ASSERT_STRING_EQUAL(error->message,
                           "'" FILE_NAME "' is in use: a virtual machine or another program writes "
                           "it; stop that one, or use --force-share (-U) and risk reading a "
                           "mixture of old and new");
    check_bytes("101");
    CU_ASSERT_TRUE(open_graph(second, "{'driver':'raw','force-share':true," INSIDE "}}", NULL));
    close(writer);
}

static void test_release(void)
{
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);

    CU_ASSERT_TRUE(open_graph(graph, "{'driver':'raw'," INSIDE "}}", NULL));
    check_bytes(OURS);
    uc_lock_release(graph);
    check_bytes("");
}

/* Data and metadata of one graph, and the same file in two nodes. */
static void test_one_file_twice(void)
{
    check_graph("{'driver':'quorum','vote-threshold':1,'children':[{" INSIDE
                "},'driver':'raw'},{" INSIDE "},'driver':'raw'},'file']}",
                false, OURS);
}

static bool fill_file(void)
{
    return g_file_set_contents(FILE_NAME, "no image of any format", -1, NULL);
}

int main(void)
{
    g_autofree char *directory = g_dir_make_tmp("unchain-lock-XXXXXX", NULL);
    unsigned failures;
    CU_pSuite suite;

    if (!directory || chdir(directory) != 0 || !fill_file() ||
        CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    suite = CU_add_suite("lock", NULL, NULL);
    CU_add_test(suite, "the bytes are QEMU's", test_bytes);
    CU_add_test(suite, "locks of others", test_others);
    CU_add_test(suite, "exclusive locks of others", test_exclusive);
    CU_add_test(suite, "processes share them", test_sharing_processes);
    CU_add_test(suite, "reader and writer at once", test_race);
    CU_add_test(suite, "no locks there", test_impossible);
    CU_add_test(suite, "force-share is handed down", test_force_share);
    CU_add_test(suite, "force-share ends at names", test_force_share_and_names);
    CU_add_test(suite, "locking", test_locking);
    CU_add_test(suite, "a refusal leaves nothing locked", test_refusal);
    CU_add_test(suite, "release", test_release);
    CU_add_test(suite, "one file twice", test_one_file_twice);
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    g_unlink(FILE_NAME);
    if (chdir("/") == 0)
        g_rmdir(directory);
    return failures > 0;
}
