# SPDX-License-Identifier: GPL-2.0-or-later
"""Questions that block layers have been asked, one function for each: docs/block-status.md explains
the answers under the same numbers. Prints what the qemu-img that is installed says to the same.

    block_status_questions.py [NUMBER...]
"""
import hashlib
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
import kinds  # noqa: E402
from chain import RawImage, set_size_in_header  # noqa: E402
from kinds import K, M, as_image, file, qcow2, raw  # noqa: E402
from map_compare import check_offsets, check_shape, qemu_map  # noqa: E402
from model import View, of_raw_file  # noqa: E402
from questions import chain, named, questions_of, run_questions, text_view  # noqa: E402
from unchain import Mount, Wrong, main, map_of, run, spec_of, walk  # noqa: E402


def question_1_every_range_is_zero_or_data(ask):
    ask.image("empty.qcow2", 256 * K)
    RawImage(ask.builder, "sparse.img", 256 * K, [(64 * K, 64 * K)])
    ask.overlay()
    for source in "empty.qcow2", raw(file("sparse.img")), file("sparse.img"), "top.qcow2":
        for entry in map_of(source):
            ask.same(entry["zero"], not entry["data"], f"{source}: {entry}")
    ask.expect("empty.qcow2", 0, zero=True, present=False)
    ask.qemu_at("empty.qcow2", 0)


def question_2_a_zero_names_who_says_it(ask):
    ask.overlay()
    ask.contains(ask.path(chain(), 64 * K), "top >backing> base ZERO")
    ask.contains(ask.path(chain(), 192 * K), "base >backing> (nothing)")
    RawImage(ask.builder, "sparse.img", 64 * K)
    leaf = named(file("sparse.img"), "leaf")
    ask.contains(ask.path(named(raw(leaf), "window"), 0), "window >data> leaf ZERO")
    ask.qemu_at("top.qcow2", 64 * K)


def question_3_void_and_short_both_read_as_zero(ask):
    base = ask.image("base.qcow2", 64 * K)
    top = ask.image("top.qcow2", 192 * K, base)
    ask.flush()
    ask.expect("top.qcow2", 0, zero=True, present=False, depth=1)
    ask.expect("top.qcow2", 128 * K, zero=True, present=False, depth=1)
    alone = qcow2("top.qcow2", backing=None)
    ask.expect(alone, 0, zero=True, present=False, depth=0)
    ask.contains(ask.path("top.qcow2", 128 * K), "SHORT")
    ask.contains(ask.path(alone, 128 * K), "(nothing)")
    for source in "top.qcow2", alone:
        ask.holds(source, top.view)
        ask.qemu_at(source, 128 * K)


def question_4_the_end_of_a_short_layer_hides_what_is_below(ask):
    base = ask.image("base.qcow2", 256 * K).write(0, 256 * K)
    middle = ask.image("middle.qcow2", 64 * K, base).write(0, 4 * K)
    top = ask.image("top.qcow2", 256 * K, middle)
    ask.flush()
    source = qcow2("top.qcow2", backing=named(qcow2(
        "middle.qcow2", backing=named(qcow2("base.qcow2"), "base")), "middle"))
    ask.holds(source, top.view)
    ask.mounted(source, top.view)
    ask.expect(source, 128 * K, "--base=base", zero=True, present=False, depth=1, above_base=True)
    ask.expect(source, 128 * K, "--base=middle", above_base=False, base_offset=128 * K)
    ask.qemu_at("top.qcow2", 128 * K)
    ask.qemu_converts("top.qcow2", top.view)
    ask.qemu_copies_over("top.qcow2", top.view, "base.qcow2")


def question_5_the_engine_loops_over_the_chain_below_raw(ask):
    _, top = ask.overlay()
    source = named(raw(chain()), "raw")
    ask.holds(source, top.view)
    ask.mounted(source, top.view)
    ask.contains(ask.path(source, 0), "raw >data> top >backing> base >data> base.qcow2@")
    ask.expect(source, 0, data=True, depth=1, filename="base.qcow2")
    ask.qemu_at(raw(qcow2("top.qcow2")), 0)
    ask.qemu_converts(raw(qcow2("top.qcow2")), top.view)


def question_6_windows_anywhere(ask):
    _, top = ask.overlay()
    window = raw(chain(), offset=32 * K, size=192 * K)
    over = ask.image("over.qcow2", 512 * K).write(400 * K, 4 * K)
    ask.flush()
    shown = top.view.window(32 * K, 192 * K)
    overlaid = shown.resized(512 * K)
    overlaid.content[400 * K:404 * K] = over.view.content[400 * K:404 * K]
    overlaid.known[384 * 2:448 * 2] = bytes(64 * 2)
    cases = {
        "offset and size": (window, shown),
        "raw on raw": (raw(raw(chain(), offset=16 * K), offset=16 * K, size=192 * K), shown),
        "as the backing of an overlay": (qcow2("over.qcow2", backing=window), overlaid),
        "between filters": ({"driver": "throttle", "file": raw(
            {"driver": "copy-on-read", "file": chain()}, offset=32 * K, size=192 * K)}, shown),
        "over a partition in a chain": (raw(qcow2("over.qcow2", backing=window), offset=64 * K,
                                            size=400 * K), overlaid.window(64 * K, 400 * K)),
        "at odd bytes": (raw(chain(), offset=777, size=99999), top.view.window(777, 99999)),
    }
    for what, (source, view) in cases.items():
        ask.holds(source, view, what)
        ask.mounted(source, view)
    plain = raw(qcow2("top.qcow2"), offset=32 * K, size=192 * K)
    ask.qemu_at(plain, 0)
    ask.qemu_converts(plain, shown)
    ask.qemu_at(qcow2("over.qcow2", backing=plain), 0)
    ask.qemu_converts(qcow2("over.qcow2", backing=plain), overlaid)


def question_7_the_key_of_a_filters_child_does_not_matter(ask):
    ask.overlay()
    for wrap in (lambda node: {"driver": "throttle", "file": node},
                 lambda node: {"driver": "blkdebug", "image": node},
                 lambda node: {"driver": "blkverify", "test": node, "raw": file("top.raw")}):
        run("qemu-img", "convert", "-O", "raw", "top.qcow2", "top.raw")
        source = named(wrap(chain()), "filter")
        ask.same(map_of(source), map_of(chain()), "the map through a filter")
        ask.same(ask.path(source, 0).count("top >"), 1, "visits of top")
        below = qcow2("top.qcow2", backing=named(wrap(qcow2("base.qcow2")), "filter")) \
            if "raw" not in source else None
        if below:
            ask.expect(below, 0, data=True, depth=1)
    ask.qemu_at({"driver": "throttle", "throttle-group": "limits", "file": qcow2("top.qcow2")}, 0,
                "--object", "throttle-group,id=limits")
    ask.qemu_at({"driver": "blkdebug", "image": qcow2("top.qcow2")}, 0)
    ask.qemu_at({"driver": "copy-on-read", "file": qcow2("top.qcow2")}, 0)


def question_8_a_copy_of_raw_over_an_overlay_keeps_the_base(ask):
    _, top = ask.overlay()
    source = raw(chain())
    with Mount({"image": source}) as directory:
        for sparse in "auto", "always", "never":
            run("cp", "--remove-destination", f"--sparse={sparse}", f"{directory}/image", "copy")
            with open("copy", "rb") as copy:
                ask.same(copy.read() == top.view.content, True, f"cp --sparse={sparse}")
        run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", f"{directory}/image", "copy.qcow2")
    ask.holds("copy.qcow2", text_view(bytes(top.view.content)))
    ask.qemu_converts(raw(qcow2("top.qcow2")), top.view)
    ask.qemu_copies_over(raw(qcow2("top.qcow2")), top.view, "base.qcow2")
    done = ask.qemu("compare", spec_of(raw(qcow2("top.qcow2"))), "top.qcow2")
    ask.note(f"compare with the overlay: {done.stdout.strip()}")


def question_9_allocated_in_raw_is_not_above_base(ask):
    ask.overlay()
    source = named(raw(chain()), "raw")
    ask.same(ask.allocated(source, 0), True, "allocated in raw")
    ask.expect(source, 0, "--base=base", above_base=False, base_offset=0)
    ask.expect(source, 128 * K, "--base=base", above_base=True)
    ask.qemu_at(raw(qcow2("top.qcow2")), 0)


def question_10_allocated_means_that_removing_would_change_data(ask):
    base, top = ask.overlay()
    for offset in range(0, 256 * K, 4 * K):
        held = ask.allocated(chain(), offset)
        same = top.view.content[offset:offset + 4 * K] == base.view.content[offset:offset + 4 * K]
        ask.same(held, 128 * K <= offset < 192 * K, f"allocated at {offset}")
        if not held and not same:
            raise Wrong(f"not allocated, but other than the base at {offset}")
    ask.qemu_at("top.qcow2", 0)
    ask.qemu_at("top.qcow2", 128 * K)


def copy_over(source, base_view, shift, size):
    """A copy of `source` that lies over the base, `shift` bytes into it: what need not be copied is
    left to the base."""
    run("qemu-img", "convert", "-O", "raw", "top.qcow2", "top.raw")
    offset = source.get("offset", 0)
    with open("top.raw", "rb") as content:
        content.seek(offset)
        shown = content.read(size)
    copy = bytearray(base_view.content[shift:shift + size].ljust(size, b"\0"))
    copied_bytes = 0
    for entry in map_of(source, "--base=base"):
        start, end = entry["start"], entry["start"] + entry["length"]
        if not entry["above-base"] and entry["base-offset"] == start + shift:
            continue
        copy[start:end] = shown[start:end]
        copied_bytes += end - start
    return bytes(copy), shown, copied_bytes


def question_11_a_shifted_copy_skips_only_the_same_place(ask):
    base, top = ask.overlay()
    source = raw(chain(), offset=64 * K)
    ask.expect(source, 0, "--base=base", above_base=False, base_offset=64 * K)
    for shift, expected in (64 * K, 64 * K), (0, 192 * K):
        copy, shown, amount = copy_over(source, base.view, shift, 192 * K)
        ask.same(copy == shown, True, f"the copy at {shift}")
        ask.same(amount, expected, f"bytes copied at {shift}")
    plain = raw(qcow2("top.qcow2"), offset=64 * K)
    ask.qemu_at(plain, 0)
    ask.qemu_copies_over(plain, top.view.window(64 * K), "base.qcow2")


def chain_in_a_data_file(ask):
    """outer >data> inner >backing> base, the bytes of outer lying one after the other."""
    image = ask.image("outer.qcow2", 256 * K, data_file="outer.data", data_file_raw="on")
    image.write(0, 256 * K)
    ask.flush()
    run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", "outer.data", "base.qcow2")
    below = text_view(bytes(image.view.content))
    inner = ask.image("inner.qcow2", 256 * K, as_image("base.qcow2", below))
    inner.write(64 * K, 4 * K).write_zeroes(128 * K, 64 * K)
    ask.flush()
    node = named(qcow2("inner.qcow2", backing=named(qcow2("base.qcow2"), "base")), "inner")
    return named(qcow2("outer.qcow2", data_file=node), "outer"), inner


def question_12_any_node_can_be_the_base(ask):
    ask.overlay()
    leaf = qcow2("top.qcow2", backing={"driver": "qcow2",
                                       "file": named(file("base.qcow2"), "leaf")})
    entry = ask.expect(leaf, 0, "--base=leaf", above_base=False)
    ask.same(entry["base-offset"], entry["offset"], "the offset in the leaf")
    ask.same(entry["base-offset"] != 0, True, "another place, so that it is copied")
    ask.expect(leaf, 64 * K, "--base=leaf", above_base=True, zero=True)
    source, inner = chain_in_a_data_file(ask)
    ask.expect(source, 0, "--base=base", above_base=False, base_offset=0)
    ask.expect(source, 64 * K, "--base=base", above_base=True)
    plain = qcow2("outer.qcow2", data_file=qcow2("inner.qcow2"))
    ask.qemu_copies_over(plain, inner.view, "base.qcow2")


def question_13_a_zero_of_base_belongs_to_base(ask):
    _, top = ask.overlay()
    for offset in 64 * K, 192 * K:
        ask.expect(chain(), offset, "--base=base", zero=True, above_base=False, base_offset=offset)
    ask.qemu_copies_over("top.qcow2", top.view, "base.qcow2")


def question_14_a_data_file_that_is_a_chain(ask):
    source, inner = chain_in_a_data_file(ask)
    ask.holds(source, inner.view)
    ask.mounted(source, inner.view)
    ask.contains(ask.path(source, 0), "outer >data> inner >backing> base >data> ")
    ask.contains(ask.path(source, 128 * K), "outer >data> inner ZERO")
    ask.expect(source, 0, data=True, depth=0, present=True)
    ask.expect(source, 128 * K, zero=True, depth=0, present=True)
    plain = qcow2("outer.qcow2", data_file=qcow2("inner.qcow2"))
    ask.qemu_at(plain, 0)
    ask.qemu_at(plain, 128 * K)
    ask.qemu_converts(plain, inner.view)


def question_15_formats_inside_formats(ask):
    for make in kinds.qcow2_inside_qcow2, kinds.preallocated_inside_preallocated:
        os.mkdir(make.__name__)
        os.chdir(make.__name__)
        kind = make(ask.builder)
        ask.holds(kind.source, kind.view)
        ask.mounted(kind.source, kind.view)
        extents = map_of(kind.source)
        check_shape(extents, kind.view)
        check_offsets(extents, kind.view)  # in the file of the host
        ask.same(any("offset" in extent for extent in extents), True, "a place in the file")
        ask.qemu_at(kind.source, 0)
        ask.qemu_converts(kind.source, kind.view)
        os.chdir("..")


def question_16_each_question_stops_where_it_is_answered(ask):
    ask.overlay()
    ask.reader.open(named(raw(chain()), "raw"))
    paths = {reach: ask.reader.ask(f"paths {reach}").split(" | ") for reach in
             ("allocated", "owner", "read", "status")}
    ask.same(paths["allocated"], [f"raw ... +{256 * K}"], "who has it: one step")
    ask.reader.open(chain())
    ask.same(ask.reader.ask("paths allocated").split(" | "),
             [f"top ... +{128 * K}", f"top ... +{64 * K}", f"top ... +{64 * K}"],
             "allocated: the backing file is not asked")
    ask.contains(paths["owner"][0], "top >backing> base ... ")
    ask.contains(paths["status"][0], "base >data> base.qcow2@")


def question_17_a_file_hole_is_stated_and_an_empty_cluster_is_not(ask):
    ask.image("empty.qcow2", 256 * K)
    RawImage(ask.builder, "sparse.img", 256 * K)
    ask.expect(raw(file("sparse.img")), 0, zero=True, present=True)
    ask.expect("empty.qcow2", 0, zero=True, present=False)
    ask.same(ask.allocated(raw(file("sparse.img")), 0), True, "allocated in raw")
    ask.same(ask.allocated("empty.qcow2", 0), False, "a cluster that nothing backs")
    ask.qemu_at(raw(file("sparse.img")), 0)
    ask.qemu_at("empty.qcow2", 0)


def question_18_a_hole_of_the_host_file_has_no_place(ask):
    RawImage(ask.builder, "sparse.img", 256 * K, [(64 * K, 64 * K)])
    ask.expect(raw(file("sparse.img")), 0, zero=True, data=False, offset=None)
    ask.expect(raw(file("sparse.img")), 64 * K, zero=False, data=True, offset=64 * K)
    ask.qemu_at(raw(file("sparse.img")), 0)


def question_19_preallocated_clusters_over_holes_are_holes(ask):
    for mode in "metadata", "falloc":
        image = ask.image(f"{mode}.qcow2", 256 * K, preallocation=mode)
        image.write(64 * K, 4 * K)
        ask.flush()
        run("cp", "--sparse=always", image.name, "settled")  # what was never written stays a hole
        os.rename("settled", image.name)
        view = image.view.copy()
        view.known[:] = b"\1" * len(view.known)
        view.known[64 * 2:68 * 2] = bytes(4 * 2)
        ask.holds(image.name, view)
        ask.mounted(image.name, view)
        ask.expect(image.name, 128 * K, zero=True, data=False, present=True, depth=0)
        ask.qemu_at(image.name, 128 * K)
    image = ask.image("raw.qcow2", 256 * K, data_file="raw.data", data_file_raw="on")
    image.write(64 * K, 64 * K)
    ask.flush()
    ask.expect(image.name, 128 * K, zero=True, data=False, present=True)
    ask.qemu_at(image.name, 128 * K)


def question_20_kept_storage_is_never_read(ask):
    image = ask.image("disk.qcow2", 256 * K).write(0, 128 * K)
    ask.flush()
    place = ask.at("disk.qcow2", 64 * K)["offset"]
    place += 64 * K - ask.at("disk.qcow2", 64 * K)["start"]
    image.write_zeroes(64 * K, 64 * K)
    ask.flush()
    with open("disk.qcow2", "r+b") as host:
        host.seek(place)
        host.write(b"\xee" * 64 * K)
    ask.holds("disk.qcow2", image.view)
    ask.mounted("disk.qcow2", image.view)
    ask.expect("disk.qcow2", 64 * K, zero=True, present=True, offset=None)
    ask.same(ask.nbd("disk.qcow2", 64 * K), "zero", "kept storage is no NBD hole")
    ask.reader.open("disk.qcow2")
    ask.contains(ask.reader.ask("paths storage"), "disk.qcow2 ZERO, reserved")
    ask.qemu_at("disk.qcow2", 64 * K)
    ask.qemu_converts("disk.qcow2", image.view)


def question_21_subclusters_with_storage_show_the_backing_file(ask):
    kind = kinds.extended_l2_allocated_but_unwritten(ask.builder)
    ask.qemu_at(kind.source, 0)
    ask.qemu_converts(kind.source, kind.view)
    with open(kind.source, "r+b") as host:  # nobody may read this
        for entry in qemu_map(qcow2(kind.source, backing=None)):
            if not entry["present"] and "offset" in entry:
                host.seek(entry["offset"])
                host.write(b"\xee" * entry["length"])
    ask.holds(kind.source, kind.view)
    ask.mounted(kind.source, kind.view)
    ask.expect(kind.source, 0, depth=1, data=True)
    ask.reader.open(kind.source)
    ask.contains(ask.reader.ask("paths storage"), "base.qcow2 ZERO, reserved")


def question_22_changes_from_below_are_exact_unless_asked_coarsely(ask):
    base = ask.image("base.qcow2", 256 * K, cluster_size=512).write(10 * K, 512)
    ask.image("top.qcow2", 256 * K, base)
    ask.flush()
    ask.expect("top.qcow2", 10 * K, start=10 * K, length=512, data=True)
    ask.expect("top.qcow2", 10 * K, "--granularity=64k", start=0, length=64 * K, data=True)
    ask.expect("top.qcow2", 64 * K, "--granularity=64k", zero=True)
    ask.qemu_at("top.qcow2", 10 * K)


def question_23_a_hole_that_is_not_zero_is_never_said(ask):
    ask.overlay()
    null = {"driver": "null-co", "size": 64 * K}
    for source in chain(), raw(chain()), null, qcow2("top.qcow2", backing=None):
        said = run(os.environ["UNCHAIN"], "map", "--nbd", spec_of(source)).decode()
        for line in said.splitlines():
            if line.split()[2] == "1":
                raise Wrong(f"a hole without zero: {line}")
    ask.qemu_nbd_at(raw(qcow2("top.qcow2")), 0)


def question_24_hole_only_when_zero_and_nothing_reserved(ask):
    RawImage(ask.builder, "sparse.img", 256 * K, [(64 * K, 64 * K)])
    ask.image("disk.qcow2", 256 * K).write(0, 128 * K).write_zeroes(64 * K, 64 * K)
    ask.flush()
    ask.same(ask.nbd(raw(file("sparse.img")), 0), "hole,zero", "a hole of a plain file")
    ask.same(ask.nbd(raw(file("sparse.img")), 64 * K), "data", "data of a plain file")
    ask.same(ask.nbd("disk.qcow2", 64 * K), "zero", "a zero cluster with storage")
    ask.same(ask.nbd("disk.qcow2", 192 * K), "hole,zero", "nothing")
    ask.qemu_nbd_at(raw(file("sparse.img")), 0)
    ask.qemu_nbd_at("disk.qcow2", 64 * K)


def question_25_undefined_is_data(ask):
    null = {"driver": "null-co", "size": 64 * K}
    ask.expect(null, 0, zero=False, data=True, offset=None)
    ask.contains(ask.path(null, 0), "UNDEFINED")
    ask.expect({**null, "read-zeroes": True}, 0, zero=True, data=False)
    ask.image("top.qcow2", 64 * K)
    ask.expect(qcow2("top.qcow2", backing=null), 0, zero=False, data=True, depth=1)
    ask.holds(null, text_view(bytes(64 * K)))
    ask.qemu_at(null, 0)
    ask.qemu_at({**null, "read-zeroes": True}, 0)


def question_26_own_bytes_are_data_if_nothing_is_known(ask):
    image = ask.image("disk.qcow2", 128 * K)
    ask.builder.add(image, f"write -q -c -P 0 0 {64 * K}")
    ask.flush()
    twice = {"driver": "quorum", "vote-threshold": 1, "children": [file("ones"), file("zeroes")]}
    run("cp", "--sparse=always", "/dev/null", "zeroes")
    os.truncate("zeroes", 64 * K)
    with open("ones", "wb") as ones:
        ones.write(bytes(64 * K))
    ask.expect(twice, 0, zero=False, data=True)
    ask.qemu_at("disk.qcow2", 0)


def unnamed(node):
    """A second time, as a node-name can be given only once."""
    return {key: unnamed(value) if isinstance(value, dict) else value
            for key, value in node.items() if key != "node-name"}


FILTERS = {
    "throttle": lambda node: {"driver": "throttle", "file": node},
    "copy-on-read": lambda node: {"driver": "copy-on-read", "file": node},
    "compress": lambda node: {"driver": "compress", "file": node},
    "preallocate": lambda node: {"driver": "preallocate", "file": node},
    "blkdebug": lambda node: {"driver": "blkdebug", "image": node},
    "blkdebug align=512": lambda node: {"driver": "blkdebug", "image": node, "align": 512},
    "blkdebug align=7": lambda node: {"driver": "blkdebug", "image": node, "align": 7},
    "blkdebug align=1M": lambda node: {"driver": "blkdebug", "image": node, "align": M},
    "blkverify": lambda node: {"driver": "blkverify", "test": node, "raw": unnamed(node)},
}


def question_27_filters_are_transparent_above_between_and_below(ask):
    _, top = ask.overlay()
    for name, wrap in FILTERS.items():
        places = {
            "above": wrap(chain()),
            "between": qcow2("top.qcow2", backing=wrap(qcow2("base.qcow2"))),
            "below": {"driver": "qcow2", "file": wrap(file("top.qcow2")),
                      "backing": {"driver": "qcow2", "file": wrap(file("base.qcow2"))}},
        }
        for place, source in places.items():
            ask.holds(source, top.view, f"{name} {place}")
            ask.same(map_of(source), map_of(chain()), f"the map with {name} {place}")
            for offset in 0, 128 * K:
                ask.same(ask.allocated(source, offset), offset == 128 * K, f"{name} {place}")
        source = named(wrap(chain()), "filter")
        ask.contains(ask.path(source, 0), "filter >filtered> top >backing> base")
    broken = {"driver": "blkdebug", "image": chain(), "inject-error": [{"offset": 0}]}
    ask.reader.open(broken)
    try:
        ask.reader.ask_all(["model base.qcow2", "check 0 512"])
    except Wrong as wrong:
        ask.contains(str(wrong), "injected")
    else:
        raise Wrong("a filter that sees reads has not seen one")
    for name in "copy-on-read", "compress", "blkdebug", "blkdebug align=512":
        ask.note(name)
        ask.qemu_at(FILTERS[name](qcow2("top.qcow2")), 0)
        ask.qemu_converts(FILTERS[name](qcow2("top.qcow2")), top.view)


def vote(*children):
    return {"driver": "quorum", "vote-threshold": 2, "children": list(children)}


def question_28_votes_over_windows_over_chains(ask):
    _, top = ask.overlay()
    run("qemu-img", "convert", "-O", "raw", "top.qcow2", "flat.raw")
    RawImage(ask.builder, "zeroes.img", 256 * K)
    good = raw(qcow2("top.qcow2"))
    ask.holds(vote(good, good), top.view)
    ask.mounted(vote(good, good), top.view)
    ask.expect(vote(good, good), 64 * K, zero=True)
    # One child that is nothing but a hole: outvoted, and what it says alone is no hole.
    source = vote(good, raw(file("zeroes.img")), good)
    ask.holds(source, top.view)
    ask.mounted(source, top.view)
    ask.expect(source, 0, zero=False, data=True)
    ask.qemu_at(vote(good, good), 0)
    ask.qemu_converts(vote(good, good), top.view)
    ask.note("with one child that is all zeroes")
    ask.qemu_at(source, 0)
    ask.qemu_converts(source, top.view)


def question_29_fleecing_shows_the_whole_view(ask):
    _, top = ask.overlay()
    ask.image("target.qcow2", 256 * K).write(0, 256 * K)
    ask.flush()
    before = {"driver": "copy-before-write", "file": chain(), "target": qcow2("target.qcow2")}
    source = {"driver": "snapshot-access", "file": before}
    ask.holds(source, top.view)
    ask.mounted(source, top.view)
    ask.same(map_of(source), map_of(chain()), "the map of the old view")
    ask.same(ask.allocated(source, 0), False, "allocated in the old view")
    plain = {"driver": "copy-before-write", "file": qcow2("top.qcow2"),
             "target": qcow2("target.qcow2")}
    ask.qemu_at({"driver": "snapshot-access", "file": plain}, 0)


def question_30_filters_for_writing_work_on_read_only_graphs(ask):
    _, top = ask.overlay()
    ask.image("target.qcow2", 256 * K)
    names = ["base.qcow2", "top.qcow2", "target.qcow2"]
    before = [digest(name) for name in names]
    for name in names:
        os.chmod(name, 0o444)
    read = {"driver": "copy-on-read", "file": chain()}
    write = {"driver": "copy-before-write", "file": chain(), "target": qcow2("target.qcow2")}
    for source in read, write:
        ask.holds(source, top.view)
        ask.mounted(source, top.view)
    ask.same([digest(name) for name in names], before, "the files")
    ask.qemu_at({"driver": "copy-on-read", "file": qcow2("top.qcow2")}, 0)
    ask.qemu_at({"driver": "copy-before-write", "file": qcow2("top.qcow2"),
                 "target": qcow2("target.qcow2")}, 0)


def digest(name):
    with open(name, "rb") as content:
        return hashlib.sha256(content.read()).hexdigest()


def question_31_names_of_backing_files(ask):
    os.makedirs("images/bases")
    base = ask.image("images/bases/base.qcow2", 256 * K).write(0, 100 * K)
    top = ask.image("images/top.qcow2", 256 * K, as_image("bases/base.qcow2", base.view))
    json = spec_of(qcow2(os.path.abspath(base.name)))
    by_json = ask.image("by-json.qcow2", 256 * K, as_image(json, base.view))
    ask.flush()
    other = ask.image("other.qcow2", 256 * K).write(64 * K, 64 * K)
    ask.flush()
    ask.holds("images/top.qcow2", top.view)
    ask.holds("by-json.qcow2", by_json.view)
    os.symlink("images/top.qcow2", "link.qcow2")  # relative to the name as given
    shutil.copytree("images/bases", "bases")
    ask.holds("link.qcow2", top.view)
    overridden = qcow2("images/top.qcow2", backing=qcow2("other.qcow2"))
    ask.holds(overridden, other.view)
    ask.holds(qcow2("images/top.qcow2", backing=None), View(256 * K))
    ask.qemu_converts("images/top.qcow2", top.view)
    ask.qemu_converts("by-json.qcow2", by_json.view)
    ask.qemu_converts(overridden, other.view)
    ask.qemu_converts(qcow2("images/top.qcow2", backing=None), View(256 * K))
    ask.note("with a raw node instead of what the header names")
    ask.qemu_at(qcow2("images/top.qcow2", backing=raw(qcow2("other.qcow2"))), 0)


def question_32_sizes_are_exact_to_the_byte(ask):
    for size in 1, 511, 513, 100001:
        RawImage(ask.builder, f"{size}.img", size, [(size // 2, size - size // 2)])
        view = known_holes(f"{size}.img")
        ask.holds(raw(file(f"{size}.img")), view)
        ask.mounted(raw(file(f"{size}.img")), view)
        top = ask.image(f"{size}.qcow2", 256 * K, as_image(f"{size}.img", view),
                        backing_format="raw")
        ask.mounted(f"{size}.qcow2", top.view)
        entries = map_of(raw(file(f"{size}.img")))
        ask.same(sum(entry["length"] for entry in entries), size, "the map's end")
    ask.qemu_converts(raw(file("513.img")), known_holes("513.img"))
    entries = ask.qemu("map", "--output=json", "-f", "raw", "513.img").stdout.count("length")
    ask.note(f"map of 513 bytes: {entries} extents")


def known_holes(name):
    return of_raw_file(name, walk(name))


def question_33_compression_and_mixed_clusters(ask):
    size = 5 * M // 2 + 512 * 3
    base = ask.image("base.qcow2", size, cluster_size=2 * M)
    base.write(M, 300 * K).write(size - 700, 700)
    middle = ask.image("middle.qcow2", size, base, cluster_size=512)
    middle.write(M + 100, 3000).write_zeroes(M + 8 * K, 5 * K)
    top = ask.image("top.qcow2", size, middle, cluster_size=64 * K)
    last = size // (64 * K) * 64 * K
    top.write_compressed(last, size - last).write_compressed(128 * K, 64 * K)
    ask.flush()
    ask.holds("top.qcow2", top.view)
    ask.mounted("top.qcow2", top.view)
    ask.expect("top.qcow2", size - 1, compressed=True, depth=0)
    ask.qemu_converts("top.qcow2", top.view)


def nodes_to_back(ask):
    """One node of every kind that shows something, all of the same contents, 256 KiB."""
    _, top = ask.overlay()
    run("qemu-img", "convert", "-O", "raw", "top.qcow2", "flat.raw")
    run(os.environ["UNCHAIN"], "hash", "-f", "raw", "-m", "sums", "flat.raw")
    flat, disk = file("flat.raw"), unnamed(chain())
    found = {name: wrap(disk) for name, wrap in FILTERS.items()}
    found.update({
        "file": flat, "raw": raw(flat), "qcow2": disk, "raw over qcow2": raw(disk),
        "quorum": vote(disk, raw(flat)),
        "checksum": {"driver": "checksum", "manifest": "sums", "file": disk},
        "copy-before-write": {"driver": "copy-before-write", "file": disk, "target": flat},
        "snapshot-access": {"driver": "snapshot-access", "file": {
            "driver": "copy-before-write", "file": disk, "target": flat}},
    })
    return found, top


def question_34_every_driver_as_the_backing_of_every_other(ask):
    found, top = nodes_to_back(ask)
    ask.image("over.qcow2", 256 * K)
    ask.flush()
    flat = known_holes("flat.raw")
    for name, node in found.items():
        view = top.view
        if name in ("file", "raw"):
            view = flat
        elif name == "quorum":  # zero only where all say so
            view = View(view.size, view.content, bytes(a & b for a, b in
                                                       zip(view.known, flat.known)))
        source = qcow2("over.qcow2", backing=node)
        ask.holds(source, view, name)
        for other, wrap in FILTERS.items():
            ask.holds(qcow2("over.qcow2", backing=wrap(raw(node))), view, f"{other} on {name}")
            ask.holds(wrap(source), view, f"{other} over an overlay on {name}")
    for format in "vhdx", "vmdk", "vpc", "vdi":  # no driver: said, and not taken for raw
        run("qemu-img", "create", "-q", "-f", format, f"disk.{format}", "1M")
        ask.refuses({"driver": format, "file": file(f"disk.{format}")}, format)
        run("qemu-img", "create", "-q", "-f", "qcow2", "-u", "-b", f"disk.{format}", "-F", format,
            f"over-{format}.qcow2", "1M")
        ask.refuses(f"over-{format}.qcow2", format)
        ask.note(format)
        ask.qemu_at(f"over-{format}.qcow2", 512 * K)


def question_35_missing_parents_loops_and_odd_ends(ask):
    """The formats of the complaint have no driver; the same three with qcow2."""
    _, top = ask.overlay()
    os.rename("base.qcow2", "elsewhere.qcow2")
    ask.refuses("top.qcow2", "base.qcow2", "No such file")
    ask.holds(qcow2("top.qcow2", backing=qcow2("elsewhere.qcow2")), top.view)
    ask.qemu_at("top.qcow2", 0)
    for name, other in ("a", "b"), ("b", "a"):
        run("qemu-img", "create", "-q", "-f", "qcow2", "-u", "-b", f"{other}.qcow2", "-F", "qcow2",
            f"{name}.qcow2", "1M")
    ask.refuses("a.qcow2", "loop: a.qcow2 -> b.qcow2 -> a.qcow2")
    try:
        subprocess.run(["qemu-img", "info", "--backing-chain", "a.qcow2"], capture_output=True,
                       check=True, timeout=20)
    except subprocess.TimeoutExpired:
        ask.note("a loop: no end within 20 s")
    except subprocess.CalledProcessError as error:
        ask.note(f"a loop: info --backing-chain: {error.stderr.decode().splitlines()[-1]}")
    disk = ask.image("disk.qcow2", 256 * K + 512).write(200 * K, 56 * K + 512)
    set_size_in_header(disk, 256 * K + 77)
    ask.holds("disk.qcow2", disk.view)
    ask.mounted("disk.qcow2", disk.view)


def test():
    functions = questions_of(sys.modules[__name__])
    if len(sys.argv) > 1:
        functions = [one for one in functions if str(one[0]) in sys.argv[1:]]
    else:
        numbers = [number for number, _, _ in functions]
        if numbers != list(range(1, len(numbers) + 1)):
            raise Wrong(f"the numbers of the questions: {numbers}")
    run_questions(functions)


main(test)
