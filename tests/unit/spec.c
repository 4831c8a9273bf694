/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/spec.h"
#include "core/option.h"
#include "core/text.h"

#include <CUnit/Basic.h>
#include <string.h>

static void check_json(const char *text, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(UcSpec) spec = uc_spec_parse_json(text, -1, "f.json", &error);
    g_autofree char *printed = spec ? uc_spec_to_string(spec) : g_strdup(error->message);

    CU_ASSERT_STRING_EQUAL(printed, expected);
    if (strcmp(printed, expected) != 0)
        g_printerr("got '%s', expected '%s'\n", printed, expected);
}

static void test_json(void)
{
    check_json("{\"a\":1,\"b\":[true,null,\"x\"],\"c\":{\"d\":2.5}}",
               "{\"a\":1,\"b\":[true,null,\"x\"],\"c\":{\"d\":2.5}}");
    check_json("{\"a\":1,\n\"a\":2}", "f.json, line 2: key 'a' is given twice");
    check_json("{\"a\":{\"a\":1},\"b\":{\"a\":1}}", "{\"a\":{\"a\":1},\"b\":{\"a\":1}}");
    check_json("{\"a\":\"b\\u0000c\"}", "f.json: \\u0000 cannot be part of a text");
    check_json("{\"a\":\"b\\\\u0000c\"}", "{\"a\":\"b\\\\u0000c\"}");
    check_json("", "f.json: not valid JSON: nothing there");
    check_json("var x = {\"a\":[1,2]}; /* {} */", "{\"a\":[1,2]}");
    check_json("{\"\xff\":1}", "f.json: not valid JSON: not UTF-8");
}

/* json-glib would take the last of them. */
static void test_json_is_one_value(void)
{
    static const char *const texts[] = {"{\"a\":1}\n {\"b\":2}",
                                        "{\"a\":[]}\n \"a\"",
                                        "\"a\"\n {\"b\":2}",
                                        "1\n 2",
                                        "[1]\n []",
                                        "null\n {"};

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        check_json(texts[i], "f.json, line 2, column 2: not valid JSON: one value is expected, and "
                             "here a second one begins");
}

static void test_json_errors_name_the_place(void)
{
    static const char *const texts[] = {"{", "{\n\"a\" 1}", "[1,", "{\"a\":}", "nonsense", "{}x"};

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;

        CU_ASSERT_PTR_NULL(uc_spec_parse_json(texts[i], -1, "f.json", &error));
        CU_ASSERT_PTR_NOT_NULL_FATAL(error);
        CU_ASSERT_TRUE(g_str_has_prefix(error->message, "f.json, line "));
        CU_ASSERT_PTR_NULL(strstr(error->message, "<data>"));
    }
}

static void test_json_lines(void)
{
    g_autoptr(UcSpec) spec =
        uc_spec_parse_json("{\n\"a\": 1,\n\"b\": {\n\"c\": 2\n}\n}", -1, "f.json", NULL);

    CU_ASSERT_PTR_NOT_NULL_FATAL(spec);
    CU_ASSERT_EQUAL(uc_spec_get(spec, "a")->line, 2);
    CU_ASSERT_EQUAL(uc_spec_get(spec, "b")->line, 3);
    CU_ASSERT_EQUAL(uc_spec_get(uc_spec_get(spec, "b"), "c")->line, 4);
}

/* Of a member the key's place, whatever its value is and however many lines that has. */
static void test_json_places(void)
{
    static const char text[] =
        "/* what \"this\" is: { */\n{ \"list\": [ 1,\n  {\"x\": null}\n], /* \" */\n"
        "\t\"\303\244 \\\" {\": \"]\", \"after\": { }, \"nested\":\n{\"y\":-1e5} }";
    g_autoptr(UcSpec) spec = uc_spec_parse_json(text, -1, "f.json", NULL);
    UcSpec *list, *object;
    g_autofree char *where = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(spec);
    CU_ASSERT_TRUE(spec->line == 2 && spec->column == 1);
    list = uc_spec_get(spec, "list");
    CU_ASSERT_TRUE(list->line == 2 && list->column == 3);
    object = ((UcSpecEntry *)g_ptr_array_index(list->entries, 1))->value;
    CU_ASSERT_TRUE(object->line == 3 && object->column == 3);
    CU_ASSERT_TRUE(uc_spec_get(object, "x")->line == 3 && uc_spec_get(object, "x")->column == 4);
    where = uc_spec_where(uc_spec_get(spec, "after"));
    CU_ASSERT_STRING_EQUAL(where, " (f.json, line 5, column 17)");
    object = uc_spec_get(spec, "nested");
    CU_ASSERT_TRUE(object->line == 5 && object->column == 31);
    CU_ASSERT_TRUE(uc_spec_get(object, "y")->line == 6 && uc_spec_get(object, "y")->column == 2);
}

/* A dotted key leads on, as in QEMU's json: names. */
static void test_json_dotted_keys(void)
{
    check_json("{\"a.b\":1,\"a.c.d\":2,\"a\":3}",
               "key 'a' is given twice (f.json, line 1, column 20)");
    check_json("{\"a\":{\"b\":1},\"a.c\":2}", "{\"a\":{\"b\":1,\"c\":2}}");
    check_json("{\"a\":1,\"a.c\":2}", "key 'a.c' is given twice (f.json, line 1, column 8)");
    check_json("{\"a\":{\"b\":1},\"a.b\":2}",
               "key 'a.b' is given twice (f.json, line 1, column 14)");
    check_json("{\".a\":1,\"\":2,\"b..c\":3}", "{\".a\":1,\"\":2,\"b..c\":3}");
}

/* A hundred thousand brackets would be a hundred thousand stack frames of a parser. */
static void check_depth(const char *before)
{
    g_autofree char *brackets = g_strnfill(100000, '[');
    g_autofree char *deep = g_strconcat(before, brackets, NULL);
    g_autoptr(GError) error = NULL;

    CU_ASSERT_PTR_NULL(uc_spec_parse_json(deep, -1, "f.json", &error));
    CU_ASSERT_STRING_EQUAL(error->message, "f.json: nested deeper than 64 levels");
}

static void test_json_depth(void)
{
    check_depth("");
    check_depth("[\"\\\"\", ");
    check_depth("['\"', ");
    check_depth("['\\', ");
    check_depth("/* \" */ ");
    check_depth("/*/ ' */ ");
    check_depth("/* / */ ");
    check_json("[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"]",
               "[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"]");
}

/* A comment ends where a person sees its end, whatever json-glib makes of slashes. */
static void test_json_comments(void)
{
    g_autofree char *brackets = g_strnfill(100000, '[');
    g_autofree char *open = g_strconcat("{} /* / ", brackets, NULL);
    g_autofree char *slashes = g_strconcat("[\n/ \" / ", brackets, NULL);

    check_json("{\"a\": 1 /* / , \"b\": 2 /* */}", "{\"a\":1}");
    check_json("/* http://x **/ {\"a\": \"/*\", 'b': '//' /**/}", "{\"a\":\"/*\",\"b\":\"//\"}");
    check_json("[1 /* \303\244\n\303\244 */, 18446744073709551616]",
               "a number that 64 bits do not hold (f.json, line 2, column 7)");
    check_json(open, "f.json, line 1, column 4: not valid JSON: a comment that does not end");
    check_json(slashes, "f.json, line 2, column 1: not valid JSON: a slash that begins no comment");
    check_json("[1 / 2 / ]",
               "f.json, line 1, column 4: not valid JSON: a slash that begins no comment");
    check_json("1 /*/", "f.json, line 1, column 3: not valid JSON: a comment that does not end");
}

static void check_dotted(const char *text, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(UcSpec) spec = uc_spec_parse_dotted(text, "here", &error);
    g_autofree char *printed = spec ? uc_spec_to_string(spec) : g_strdup(error->message);

    CU_ASSERT_STRING_EQUAL(printed, expected);
    if (strcmp(printed, expected) != 0)
        g_printerr("got '%s', expected '%s'\n", printed, expected);
}

static void test_dotted(void)
{
    check_dotted("driver=qcow2,file.driver=file,file.filename=a,,b=c",
                 "{\"driver\":\"qcow2\",\"file\":{\"driver\":\"file\",\"filename\":\"a,b=c\"}}");
    check_dotted("a=,b=", "{\"a\":\"\",\"b\":\"\"}");
    check_dotted("", "{}");
    check_dotted("x", "'x' is not of the form KEY=VALUE (here)");
    check_dotted("=1", "'=1' is not of the form KEY=VALUE (here)");
    check_dotted("a..b=1", "'a..b=1' is not of the form KEY=VALUE (here)");
    check_dotted("a=1,a=2", "'a=2' is given twice (here)");
    check_dotted("a=1,a.b=2", "'a.b=2' is given twice (here)");
    check_dotted("a.b=1,a=2", "'a=2' is given twice (here)");
}

static void test_relocate(void)
{
    g_autoptr(UcSpec) spec = uc_spec_parse_json(
        "{\"filename\":\"a\",\"x\":{\"filename\":\"/b\"},\"y\":[{\"filename\":\"../c\"}]}", -1, "f",
        NULL);
    g_autofree char *printed = NULL;

    uc_spec_relocate(spec, "dir/graph.json");
    printed = uc_spec_to_string(spec);
    CU_ASSERT_STRING_EQUAL(printed, "{\"filename\":\"dir/a\",\"x\":{\"filename\":\"/b\"},"
                                    "\"y\":[{\"filename\":\"dir/../c\"}]}");
}

static void test_sizes(void)
{
    static const struct {
        const char *text;
        uint64_t bytes;
        bool valid;
    } cases[] = {
        {"0", 0, true},
        {"65536", 65536, true},
        {"64k", 65536, true},
        {"64K", 65536, true},
        {"1.5G", 1610612736, true},
        {"0x200", 512, true},
        {"2E", UINT64_C(2) << 60, true},
        {"15E", UINT64_C(15) << 60, true},
        {"18446744073709551615", UINT64_MAX, true},
        {"16E", 0, false},
        {"18446744073709551616", 0, false},
        {"", 0, false},
        {"-1", 0, false},
        {" 1", 0, false},
        {"1 ", 0, false},
        {"k", 0, false},
        {"1kk", 0, false},
        {"1.k", 1024, true},
        {"0.5b", 0, true},
        {"1.0000000k", 0, false},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        uint64_t bytes = 0;

        CU_ASSERT_EQUAL(uc_size_parse(cases[i].text, &bytes), cases[i].valid);
        if (cases[i].valid)
            CU_ASSERT_EQUAL(bytes, cases[i].bytes);
    }
}

static void check_escape(const char *text, gssize length, const char *expected)
{
    g_autofree char *escaped = uc_text_escape(text, length);

    CU_ASSERT_STRING_EQUAL(escaped, expected);
    CU_ASSERT_TRUE(g_utf8_validate(escaped, -1, NULL));
}

static void check_quote(const char *text, const char *expected)
{
    g_autofree char *quoted = uc_text_quote(text);

    CU_ASSERT_STRING_EQUAL(quoted, expected);
}

static void test_quote(void)
{
    check_quote("/mnt/a.raw", "/mnt/a.raw");
    check_quote("a b", "'a b'");
    check_quote("a'b\\c", "'a'\\''b\\c'");
    check_quote("a\n'\\x0a\xff", "$'a\\x0a\\'\\\\x0a\\xff'");
}

static void test_escape(void)
{
    check_escape("plain \xc3\xa9", -1, "plain \xc3\xa9");
    check_escape("\x1b[31mred", -1, "\\x1b[31mred");
    check_escape("a\nb\tc\x7f", -1, "a\\x0ab\\x09c\\x7f");
    check_escape("\xff\xc3", -1, "\\xff\\xc3");
    check_escape("a\0b", 3, "a\\x00b");
    check_escape("\xe2\x80\xae"
                 "evil",
                 -1,
                 "\\xe2\\x80\\xae"
                 "evil"); /* right-to-left override */
    check_escape("", 0, "");
}

int main(void)
{
    CU_pSuite suite;
    unsigned failures;

    CU_initialize_registry();
    suite = CU_add_suite("specs", NULL, NULL);
    CU_add_test(suite, "json", test_json);
    CU_add_test(suite, "json one value", test_json_is_one_value);
    CU_add_test(suite, "json errors", test_json_errors_name_the_place);
    CU_add_test(suite, "json lines", test_json_lines);
    CU_add_test(suite, "json places", test_json_places);
    CU_add_test(suite, "json dotted keys", test_json_dotted_keys);
    CU_add_test(suite, "json depth", test_json_depth);
    CU_add_test(suite, "json comments", test_json_comments);
    CU_add_test(suite, "dotted", test_dotted);
    CU_add_test(suite, "relocate", test_relocate);
    CU_add_test(suite, "sizes", test_sizes);
    CU_add_test(suite, "escaped text", test_escape);
    CU_add_test(suite, "quoted text", test_quote);
    CU_basic_run_tests();
    failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
