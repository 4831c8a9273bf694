# SPDX-License-Identifier: GPL-2.0-or-later
# threads: yes
"""Graphs read and searched from eight threads at once, through the library and through a mount."""
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
import kinds  # noqa: E402
from chain import Builder  # noqa: E402
from unchain import SEED, Mount, Reader, Wrong, check_mounted, main  # noqa: E402

THREADS = 8
KINDS = [kinds.compressed_with_zlib, kinds.compressed_with_zstd, kinds.filters_and_windows_everywhere,
         kinds.qcow2_inside_a_window_of_a_chain, kinds.extended_l2_over_a_backing_file,
         kinds.clusters_of_512_bytes]


def check_through_mount(source, view):
    wrong = []

    def check(path):
        try:
            check_mounted(path, view, path)
        except Wrong as error:
            wrong.append(str(error))

    with Mount({f"image{number}": source for number in range(2)}) as directory:
        threads = [threading.Thread(target=check, args=(f"{directory}/image{number % 2}",))
                   for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if wrong:
        raise Wrong("\n".join(wrong))


def test():
    with Reader() as reader:
        for kind in KINDS:
            os.mkdir(kind.__name__)
            os.chdir(kind.__name__)
            made = kind(Builder())
            with open("model.bin", "wb") as file:
                file.write(made.view.content)
            reader.open(made.source)
            # Nothing has been read yet: what is kept in memory is filled by all at once.
            reader.ask(f"model {os.path.abspath('model.bin')}")
            reader.ask(f"threads {THREADS} {SEED + 1}")
            check_through_mount(made.source, made.view)
            os.chdir("..")


main(test)
