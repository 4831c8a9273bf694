# SPDX-License-Identifier: GPL-2.0-or-later
"""The kinds of graph that the tests know: what to open, and what it must show.

A kind is a function that builds its images in the current directory and returns a Kind. Sources
are file names, or descriptions in the words of -blockdev, which QEMU understands as well.
"""
import os
import shutil

from chain import Builder, Image, RawImage, set_size_in_header
from model import View, of_raw_file, sectors
from unchain import run, walk

K, M = 1 << 10, 1 << 20
KINDS = []


class Kind:
    """`qemu` is what qemu-img opens, if not the same, or None. `chain` is what a raw node stands
    on, and where in it: its map, moved, is the map of the raw node."""

    def __init__(self, source, view, qemu="same", chain=None):
        self.source = source
        self.view = view
        self.qemu = source if qemu == "same" else qemu
        self.chain = chain


def kind(function):
    KINDS.append(function)
    return function


def file(name):
    return {"driver": "file", "filename": name}


def qcow2(name, **more):
    return {"driver": "qcow2", "file": file(name), **{k.replace("_", "-"): v
                                                      for k, v in more.items()}}


def raw(child, **more):
    return {"driver": "raw", "file": child, **more}


def scribble(image):
    """Data, zeroes of both kinds, and borders in the middle of sectors and clusters."""
    size = image.view.size
    image.write(0, 3 * K).write(100 * K - 7, 90 * K).write(size // 2 - 1, 2)
    image.write(size - 5 * K - 3, 5 * K + 3)
    image.write(256 * K, 200 * K).write_zeroes(300 * K + 11, 100 * K)
    image.write_zeroes(600 * K, 150 * K, unmap=True).write_zeroes(10 * K, 20 * K)
    return image


def base_and_top(builder, base_options=None, top_options=None, size=4 * M):
    base = scribble(Image(builder, "base.qcow2", size, **(base_options or {})))
    top = Image(builder, "top.qcow2", size, base, **(top_options or {}))
    top.write(150 * K, 30 * K).write_zeroes(1 * K, 200).write_zeroes(320 * K, 128 * K)
    top.write(2 * M + 1, 70 * K)
    return base, top


def one(builder, **options):
    image = scribble(Image(builder, "disk.qcow2", 4 * M, **options))
    builder.flush()
    return Kind("disk.qcow2", image.view)


@kind
def version_2(builder):
    return one(builder, compat="0.10")


@kind
def version_2_over_version_2(builder):
    _, top = base_and_top(builder, {"compat": "0.10"}, {"compat": "0.10"})
    builder.flush()
    return Kind("top.qcow2", top.view)


@kind
def version_3(builder):
    return one(builder)


@kind
def clusters_of_512_bytes(builder):
    return one(builder, cluster_size=512)


@kind
def clusters_of_4_kib(builder):
    return one(builder, cluster_size=4 * K)


@kind
def clusters_of_2_mib(builder):
    return one(builder, cluster_size=2 * M)


@kind
def refcounts_of_one_bit(builder):
    return one(builder, refcount_bits=1)


@kind
def refcounts_of_64_bits_lazily(builder):
    return one(builder, refcount_bits=64, lazy_refcounts="on")


@kind
def nothing_written(builder):
    return Kind("disk.qcow2", Image(builder, "disk.qcow2", 5 * M).view)


@kind
def no_bytes_at_all(builder):
    return Kind("disk.qcow2", Image(builder, "disk.qcow2", 0).view)


@kind
def no_hole_at_all(builder):
    image = Image(builder, "disk.qcow2", 2 * M).write(0, 2 * M)
    builder.flush()
    return Kind("disk.qcow2", image.view)


@kind
def zero_clusters_with_storage(builder):
    _, top = base_and_top(builder)
    top.write(1 * M, 512 * K).write_zeroes(1 * M + 64 * K, 256 * K)
    builder.flush()
    return Kind("top.qcow2", top.view)


@kind
def zero_clusters_without_storage(builder):
    _, top = base_and_top(builder)
    top.write(1 * M, 512 * K).write_zeroes(1 * M + 64 * K, 256 * K, unmap=True)
    top.write_zeroes(2 * M + 512 * K, 1 * M, unmap=True)
    builder.flush()
    return Kind("top.qcow2", top.view)


@kind
def discards(builder):
    _, top = base_and_top(builder)
    top.discard(128 * K, 256 * K).write(3 * M, 512 * K).discard(3 * M + 1, 300 * K)
    builder.flush()
    return Kind("top.qcow2", top.view)


@kind
def discards_without_backing(builder):
    image = Image(builder, "disk.qcow2", 4 * M, compat="0.10").write(0, 3 * M)
    image.discard(1 * M, 1 * M + 5)
    builder.flush()
    return Kind("disk.qcow2", image.view)


def compressed(builder, size=4 * M, **options):
    image = Image(builder, "disk.qcow2", size, **options)
    image.write_compressed(0, 512 * K).write_compressed(1 * M, 64 * K).write(640 * K, 10 * K)
    image.write_compressed(size // (64 * K) * (64 * K), size % (64 * K))
    builder.flush()
    return Kind("disk.qcow2", image.view)


@kind
def compressed_with_zlib(builder):
    return compressed(builder, compression_type="zlib")


@kind
def compressed_with_zstd(builder):
    return compressed(builder, compression_type="zstd")


@kind
def compressed_in_version_2(builder):
    return compressed(builder, compat="0.10")


@kind
def compressed_to_an_unaligned_end(builder):
    return compressed(builder, size=4 * M + 37 * 512)


@kind
def compressed_with_zstd_to_an_unaligned_end(builder):
    return compressed(builder, size=4 * M + 37 * 512, compression_type="zstd")


@kind
def compressed_clusters_of_2_mib(builder):
    image = Image(builder, "disk.qcow2", 7 * M, cluster_size=2 * M)
    image.write_compressed(0, 4 * M).write(6 * M, 100)
    builder.flush()
    return Kind("disk.qcow2", image.view)


@kind
def compressed_over_a_backing_file(builder):
    base, _ = base_and_top(builder)
    top = Image(builder, "small.qcow2", 4 * M, base).write_compressed(128 * K, 128 * K)
    builder.flush()
    return Kind("small.qcow2", top.view)


@kind
def compressed_with_extended_l2(builder):
    return compressed(builder, extended_l2="on")


@kind
def extended_l2(builder):
    return one(builder, extended_l2="on")


@kind
def extended_l2_with_large_clusters(builder):
    return one(builder, extended_l2="on", cluster_size=2 * M)


@kind
def extended_l2_over_a_backing_file(builder):
    _, top = base_and_top(builder, {}, {"extended_l2": "on", "cluster_size": 128 * K})
    top.write(260 * K, 5).write_zeroes(264 * K, 8 * K).write_zeroes(280 * K, 4 * K, unmap=True)
    builder.flush()
    return Kind("top.qcow2", top.view)


@kind
def extended_l2_below_plain(builder):
    _, top = base_and_top(builder, {"extended_l2": "on"}, {"cluster_size": 4 * K})
    builder.flush()
    return Kind("top.qcow2", top.view)


@kind
def extended_l2_allocated_but_unwritten(builder):
    """Subclusters with storage, through which the backing file still shows."""
    base, _ = base_and_top(builder)
    top = Image(builder, "ext.qcow2", 4 * M, base, extended_l2="on", preallocation="metadata")
    top.view.known[:] = base.view.known  # nothing is written: all shows through
    top.write(150 * K, 1 * K)
    builder.flush()
    return Kind("ext.qcow2", top.view)


@kind
def data_file(builder):
    return one(builder, data_file="disk.data")


@kind
def data_file_that_is_raw(builder):
    result = one(builder, data_file="disk.data", data_file_raw="on")
    for start, end in (768 * K, 2 * M - 64 * K), (2 * M + 64 * K, 3 * M):
        result.view.mark(start, end, 1)  # holes of the host's file
    return result


@kind
def data_file_over_a_backing_file(builder):
    _, top = base_and_top(builder, {}, {"data_file": "top.data"})
    builder.flush()
    return Kind("top.qcow2", top.view)


@kind
def data_file_given_in_the_description(builder):
    image = scribble(Image(builder, "disk.qcow2", 4 * M, data_file="disk.data"))
    builder.flush()
    os.rename("disk.data", "elsewhere.data")
    return Kind(qcow2("disk.qcow2", data_file=file("elsewhere.data")), image.view)


@kind
def data_file_that_is_a_chain(builder):
    """The data file is given as an overlay over a copy of what was written."""
    image = Image(builder, "disk.qcow2", 4 * M, data_file="disk.data", data_file_raw="on")
    image.write(0, 4 * M)
    builder.flush()
    run("qemu-img", "convert", "-O", "qcow2", "-f", "raw", "disk.data", "base.qcow2")
    below = View(4 * M, image.view.content, bytes(sectors(4 * M)))
    inner = Image(builder, "inner.qcow2", 4 * M, as_image("base.qcow2", below))
    inner.write(1 * M, 3 * K).write_zeroes(2 * M, 256 * K)
    builder.flush()
    return Kind(qcow2("disk.qcow2", data_file=qcow2("inner.qcow2")), inner.view)


class as_image:
    """Something that can be a backing file and was not made by a builder."""

    def __init__(self, name, view):
        self.name = name
        self.view = view


@kind
def snapshot_by_name(builder):
    return snapshot(builder, "first")


@kind
def snapshot_by_id(builder):
    return snapshot(builder, "2")


def snapshot(builder, which):
    base, top = base_and_top(builder)
    top.snapshot("first").write(0, 1 * M).resize(5 * M).snapshot("second")
    top.write_zeroes(0, 2 * M).resize(4 * M).write(3 * M, 5)
    builder.flush()
    shutil.copy("top.qcow2", "applied.qcow2")
    run("qemu-img", "snapshot", "-a", which, "applied.qcow2")
    view = top.snapshots["first" if which == "first" else "second"]
    return Kind(qcow2("top.qcow2", snapshot=which), view, "applied.qcow2")


@kind
def active_state_beside_snapshots(builder):
    _, top = base_and_top(builder)
    top.snapshot("first").write(0, 1 * M).snapshot("second").write(5, 200 * K)
    builder.flush()
    return Kind("top.qcow2", top.view)


def preallocated(builder, mode, **options):
    image = Image(builder, "disk.qcow2", 4 * M, preallocation=mode, **options)
    image.write(0, 3 * K).write(1 * M - 5, 100 * K).write_zeroes(2 * M, 100 * K)
    builder.flush()
    # The host's file has holes there. Not with "falloc": its unwritten extents are holes for
    # lseek only until somebody has read them.
    if mode == "metadata":
        for start, end in (64 * K, 960 * K), (1152 * K, 2 * M), (2176 * K, 4 * M):
            image.view.mark(start, end, 1)
    return Kind("disk.qcow2", image.view)


@kind
def preallocated_metadata(builder):
    return preallocated(builder, "metadata")


@kind
def preallocated_with_falloc(builder):
    return preallocated(builder, "falloc")


@kind
def preallocated_in_full(builder):
    return preallocated(builder, "full")


@kind
def preallocated_with_extended_l2(builder):
    return preallocated(builder, "metadata", extended_l2="on")


@kind
def preallocated_data_file(builder):
    return preallocated(builder, "metadata", data_file="disk.data")


@kind
def backing_file_shorter(builder):
    base = scribble(Image(builder, "base.qcow2", 2 * M + 512))
    top = Image(builder, "top.qcow2", 6 * M, base).write(5 * M, 7).write(1 * M, 1 * K)
    builder.flush()
    return Kind("top.qcow2", top.view)


@kind
def backing_file_longer(builder):
    base = scribble(Image(builder, "base.qcow2", 6 * M))
    top = Image(builder, "top.qcow2", 1 * M + 512, base).write(1 * M, 512)
    builder.flush()
    return Kind("top.qcow2", top.view)


@kind
def middle_layer_shortest(builder):
    """What the base has past the end of the middle layer must not come back."""
    base = scribble(Image(builder, "base.qcow2", 6 * M))
    middle = Image(builder, "middle.qcow2", 1 * M + 512, base).write(9 * K, 50 * K)
    top = Image(builder, "top.qcow2", 6 * M, middle).write(3 * M, 5)
    builder.flush()
    return Kind("top.qcow2", top.view)


@kind
def backing_file_raw(builder):
    base = RawImage(builder, "base.img", 4 * M, [(0, 70 * K), (2 * M, 100 * K)])
    top = Image(builder, "top.qcow2", 4 * M, base, "raw").write(1 * M, 9)
    top.write_zeroes(2 * M, 64 * K)
    builder.flush()
    return Kind("top.qcow2", top.view)


@kind
def backing_file_raw_of_odd_size(builder):
    base = RawImage(builder, "base.img", 2 * M + 123, [(0, 70 * K), (2 * M - 9, 132)])
    top = Image(builder, "top.qcow2", 4 * M, base, "raw").write(1 * M, 9)
    builder.flush()
    return Kind("top.qcow2", top.view)


@kind
def three_layers_of_different_clusters(builder):
    base = scribble(Image(builder, "base.qcow2", 4 * M, cluster_size=2 * M))
    middle = Image(builder, "middle.qcow2", 4 * M, base, cluster_size=512)
    middle.write(50 * K - 1, 700).write_zeroes(110 * K, 30 * K).discard(128 * K, 1 * K)
    top = Image(builder, "top.qcow2", 4 * M, middle, extended_l2="on")
    top.write(48 * K, 3).write_zeroes(3 * M, 64 * K).write(160 * K, 99)
    builder.flush()
    return Kind("top.qcow2", top.view)


@kind
def backing_file_given_in_the_description(builder):
    base, top = base_and_top(builder)
    builder.flush()
    os.rename("base.qcow2", "moved.qcow2")
    return Kind(qcow2("top.qcow2", backing=qcow2("moved.qcow2")), top.view)


@kind
def backing_file_cut(builder):
    base_and_top(builder)
    builder.flush()
    top = Image(Builder(builder.patterns), "alone.qcow2", 4 * M)  # the same, over nothing
    shutil.copy("top.qcow2", "alone.qcow2")
    run("qemu-img", "rebase", "-u", "-b", "", "alone.qcow2")
    run("qemu-img", "convert", "-O", "raw", "alone.qcow2", "alone.raw")
    with open("alone.raw", "rb") as content:
        top.view.content[:] = content.read()
    for start, end in (192 * K, 2 * M), (2112 * K, 4 * M), (64 * K, 128 * K):
        top.view.mark(start, end, 1)
    top.view.mark(0, 64 * K, 0)
    top.view.mark(128 * K, 192 * K, 0)
    top.view.mark(2 * M, 2112 * K + 64 * K, 0)
    return Kind(qcow2("top.qcow2", backing=None), top.view)


@kind
def backing_file_named_by_json(builder):
    base = scribble(Image(builder, "base.qcow2", 4 * M))
    name = os.path.abspath(base.name)
    json = 'json:{"driver":"qcow2","file":{"driver":"file","filename":"%s"}}' % name
    top = Image(builder, "top.qcow2", 4 * M, as_image(json, base.view)).write(1 * M, 9)
    builder.flush()
    return Kind("top.qcow2", top.view)


@kind
def backing_file_in_another_directory(builder):
    os.makedirs("images/bases")
    base = scribble(Image(builder, "images/bases/base.qcow2", 4 * M))
    top = Image(builder, "images/top.qcow2", 4 * M, as_image("bases/base.qcow2", base.view))
    top.write(1 * M, 9)
    builder.flush()
    return Kind("images/top.qcow2", top.view)


@kind
def overlay_that_grew(builder):
    base = scribble(Image(builder, "base.qcow2", 4 * M))
    top = Image(builder, "top.qcow2", 1 * M, base).write(1 * M - 9, 9).resize(6 * M)
    top.write(5 * M, 10)
    builder.flush()
    return Kind("top.qcow2", top.view)


@kind
def overlay_that_shrank_and_grew(builder):
    base = scribble(Image(builder, "base.qcow2", 4 * M))
    top = Image(builder, "top.qcow2", 4 * M, base).write(3 * M, 100 * K).resize(2 * M)
    top.resize(4 * M)
    builder.flush()
    return Kind("top.qcow2", top.view)


@kind
def odd_size_in_the_header(builder):
    _, top = base_and_top(builder)
    set_size_in_header(top, 4 * M - 300)
    return Kind("top.qcow2", top.view, qemu=None)


@kind
def odd_size_in_the_header_of_the_backing_file(builder):
    base = scribble(Image(builder, "base.qcow2", 2 * M))
    set_size_in_header(base, 2 * M - 300)
    top = Image(builder, "top.qcow2", 4 * M, base)  # nothing is written: QEMU would read the base
    return Kind("top.qcow2", top.view, qemu=None)


@kind
def bitmaps_beside_the_data(builder):
    _, top = base_and_top(builder)
    builder.flush()
    run("qemu-img", "bitmap", "--add", "top.qcow2", "dirty")
    top.write(1 * M, 100 * K)
    builder.flush()
    return Kind("top.qcow2", top.view)


@kind
def raw_file(builder):
    image = RawImage(builder, "disk.raw", 3 * M + 777, [(4 * K, 9 * K), (3 * M, 777)])
    return Kind(raw(file("disk.raw")), image.view)


@kind
def raw_over_a_chain(builder):
    _, top = base_and_top(builder)
    builder.flush()
    return Kind(raw(qcow2("top.qcow2")), top.view, chain=("top.qcow2", 0))


@kind
def raw_over_a_chain_from_an_offset(builder):
    _, top = base_and_top(builder)
    builder.flush()
    return Kind(raw(qcow2("top.qcow2"), offset=96 * K), top.view.window(96 * K),
                chain=("top.qcow2", 96 * K))


@kind
def raw_over_a_chain_with_offset_and_size(builder):
    _, top = base_and_top(builder)
    builder.flush()
    return Kind(raw(qcow2("top.qcow2"), offset=33 * K, size=2 * M + 512),
                top.view.window(33 * K, 2 * M + 512), chain=("top.qcow2", 33 * K))


@kind
def raw_over_a_chain_at_odd_bytes(builder):
    _, top = base_and_top(builder)
    builder.flush()
    return Kind(raw(qcow2("top.qcow2"), offset=33001, size=2 * M + 77),
                top.view.window(33001, 2 * M + 77), qemu=None, chain=("top.qcow2", 33001))


@kind
def raw_over_raw_over_a_chain(builder):
    _, top = base_and_top(builder)
    builder.flush()
    inner = raw(qcow2("top.qcow2"), offset=16 * K, size=3 * M)
    return Kind(raw(inner, offset=16 * K, size=1 * M), top.view.window(32 * K, 1 * M),
                chain=("top.qcow2", 32 * K))


@kind
def raw_as_the_backing_of_an_overlay(builder):
    _, top = base_and_top(builder)
    builder.flush()
    window = top.view.window(96 * K, 2 * M)
    over = Image(builder, "over.qcow2", 4 * M)
    builder.flush()
    view = window.resized(4 * M)
    return Kind(qcow2(over.name, backing=raw(qcow2("top.qcow2"), offset=96 * K, size=2 * M)),
                view)


@kind
def qcow2_inside_qcow2(builder):
    _, top = base_and_top(builder)
    builder.flush()
    run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", "top.qcow2", "outer.qcow2")
    return Kind({"driver": "qcow2", "file": qcow2("outer.qcow2"), "backing": qcow2("base.qcow2")},
                top.view)


@kind
def qcow2_inside_a_window_of_a_chain(builder):
    """A qcow2 file that lies in the middle of a disk, which is itself an overlay."""
    inner = scribble(Image(builder, "inner.qcow2", 4 * M))
    builder.flush()
    length = os.path.getsize("inner.qcow2")
    with open("carrier.raw", "wb") as carrier, open("inner.qcow2", "rb") as content:
        carrier.seek(1 * M)
        carrier.write(content.read())
        carrier.truncate(16 * M)
    run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", "carrier.raw", "carrier.qcow2")
    below = of_raw_file("carrier.raw", walk("carrier.raw"))
    over = Image(builder, "over.qcow2", 16 * M, as_image("carrier.qcow2", below)).write(9 * M, 9)
    builder.flush()
    window = raw(qcow2(over.name), offset=1 * M, size=-(-length // 512) * 512)
    return Kind({"driver": "qcow2", "file": window}, inner.view)


@kind
def preallocated_inside_preallocated(builder):
    result = preallocated(builder, "metadata")
    size = -(-os.path.getsize("disk.qcow2") // (64 * K)) * 64 * K
    run("qemu-img", "create", "-q", "-f", "qcow2", "-o", "preallocation=metadata", "outer.qcow2",
        str(size))
    run("qemu-img", "convert", "-n", "-f", "raw", "-O", "qcow2", "--target-is-zero", "-S", "4k",
        "disk.qcow2", "outer.qcow2")
    return Kind({"driver": "qcow2", "file": qcow2("outer.qcow2")}, result.view)


def filtered(builder, driver, where):
    base, top = base_and_top(builder)
    builder.flush()
    plain = qcow2("top.qcow2", backing=qcow2("base.qcow2"))
    def wrap(node):
        return {"driver": driver, "file": node}
    if where == "above":
        source = wrap(plain)
    elif where == "between":
        source = qcow2("top.qcow2", backing=wrap(qcow2("base.qcow2")))
    else:
        source = {"driver": "qcow2", "file": wrap(file("top.qcow2")),
                  "backing": {"driver": "qcow2", "file": wrap(file("base.qcow2"))}}
    return Kind(source, top.view, qemu=plain)


@kind
def throttle_above(builder):
    return filtered(builder, "throttle", "above")


@kind
def throttle_between(builder):
    return filtered(builder, "throttle", "between")


@kind
def throttle_below(builder):
    return filtered(builder, "throttle", "below")


@kind
def copy_on_read_above(builder):
    return filtered(builder, "copy-on-read", "above")


@kind
def copy_on_read_between(builder):
    return filtered(builder, "copy-on-read", "between")


@kind
def copy_on_read_below(builder):
    return filtered(builder, "copy-on-read", "below")


@kind
def filters_and_windows_everywhere(builder):
    _, top = base_and_top(builder)
    builder.flush()
    def wrap(node):
        return {"driver": "copy-on-read", "file": {"driver": "throttle", "file": raw(node)}}
    source = {"driver": "qcow2", "file": wrap(file("top.qcow2")),
              "backing": wrap(wrap(qcow2("base.qcow2")))}
    return Kind(wrap(raw(wrap(source), offset=64 * K)), top.view.window(64 * K),
                qemu=raw(qcow2("top.qcow2"), offset=64 * K), chain=("top.qcow2", 64 * K))


@kind
def null_as_the_backing_file(builder):
    image = scribble(Image(builder, "disk.qcow2", 4 * M))
    builder.flush()
    null = {"driver": "null-co", "size": 3 * M, "read-zeroes": True}
    return Kind(qcow2("disk.qcow2", backing=null), image.view)


@kind
def null_that_reads_as_zeroes(builder):
    source = {"driver": "null-co", "size": 3 * M, "read-zeroes": True}
    return Kind(raw(source), View(3 * M))


def blkdebug(node, **more):
    return {"driver": "blkdebug", "image": node, **more}


def over(backing):
    """What base_and_top has made, with that below top. QEMU must not find another name in top: it
    would take the header's file name for an option of the node that is given."""
    run("qemu-img", "rebase", "-u", "-b", "", "top.qcow2")
    return qcow2("top.qcow2", backing=backing)


@kind
def blkdebug_above(builder):
    _, top = base_and_top(builder)
    builder.flush()
    return Kind(blkdebug(qcow2("top.qcow2"), align=512), top.view)


@kind
def blkdebug_between(builder):
    _, top = base_and_top(builder)
    builder.flush()
    return Kind(over(blkdebug(qcow2("base.qcow2"), align=4096)), top.view)


@kind
def blkdebug_below(builder):
    _, top = base_and_top(builder)
    builder.flush()
    return Kind({"driver": "qcow2", "file": blkdebug(file("top.qcow2"))}, top.view)


@kind
def compress_above(builder):
    _, top = base_and_top(builder)
    builder.flush()
    return Kind({"driver": "compress", "file": qcow2("top.qcow2")}, top.view)


@kind
def compress_between(builder):
    _, top = base_and_top(builder)
    builder.flush()
    compress = {"driver": "compress", "file": qcow2("base.qcow2")}
    return Kind(over(compress), top.view)


@kind
def votes_of_two_overlays(builder):
    """The map is not that of a child: nobody has the bytes but the vote."""
    _, top = base_and_top(builder)
    builder.flush()
    children = [qcow2("top.qcow2"), blkdebug(qcow2("top.qcow2"))]
    return Kind({"driver": "quorum", "vote-threshold": 2, "children": children}, top.view)


@kind
def votes_as_the_backing_file(builder):
    _, top = base_and_top(builder)
    builder.flush()
    children = [qcow2("base.qcow2"), raw(qcow2("base.qcow2"))]
    vote = {"driver": "quorum", "vote-threshold": 2, "children": children}
    return Kind(over(vote), top.view)


@kind
def raw_in_the_middle_of_a_chain(builder):
    base = scribble(Image(builder, "base.qcow2", 4 * M))
    top = Image(builder, "top.qcow2", 4 * M, base).write(150 * K, 30 * K)
    top.write_zeroes(320 * K, 128 * K)
    builder.flush()
    return Kind(over(raw(qcow2("base.qcow2"))), top.view)


@kind
def raw_below_a_format(builder):
    _, top = base_and_top(builder)
    builder.flush()
    return Kind({"driver": "qcow2", "file": raw(file("top.qcow2"))}, top.view)


@kind
def backing_file_without_known_content(builder):
    """A null device without read-zeroes: it reads as zeroes here, and is no hole."""
    image = Image(builder, "disk.qcow2", 1 * M).write(0, 64 * K).write_zeroes(64 * K, 64 * K)
    builder.flush()
    image.view.mark(128 * K, 1 * M, 0)
    null = {"driver": "null-co", "size": 1 * M}
    return Kind(qcow2("disk.qcow2", backing=null), image.view)
