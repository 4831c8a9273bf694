# SPDX-License-Identifier: GPL-2.0-or-later
"""The programs of others that show qcow2 images as files."""
import json

from contestants import Contestant


class StorageDaemon(Contestant):
    """qemu-storage-daemon. `iothreads` serve its export; io_uring is used for the top layer or for
    every one, which have to be described one by one then."""
    is_peer = True
    has_column = True

    def __init__(self, name, place, iothreads=0, uring=None):
        super().__init__(name, place)
        self.iothreads, self.uring = iothreads, uring

    def can(self, image):
        return self.uring != "every layer" or 1 < image.depth <= 500  # it takes minutes

    def nodes(self, image):
        files = [self.place.seen(file) for file in image.files()]
        if self.uring == "every layer":
            for i, file in enumerate(files):
                below = {"backing": f"layer{i - 1}"} if i else {}
                yield self.node(f"layer{i}", file, **below)
        else:
            yield self.node(f"layer{image.depth - 1}", files[-1])

    def node(self, name, file, **more):
        aio = {"aio": "io_uring"} if self.uring else {}
        return {"driver": "qcow2", "node-name": name, "read-only": True, **more,
                "file": {"driver": "file", "filename": file, **aio}}

    def words(self, image, mounted):
        open(mounted.file, "a", encoding="ascii").close()
        words = ["qemu-storage-daemon", "--daemonize"]
        threads = [f"thread{i}" for i in range(self.iothreads)]
        for thread in threads:
            words += ["--object", f"iothread,id={thread}"]
        for node in self.nodes(image):
            words += ["--blockdev", json.dumps(node)]
        export = {"type": "fuse", "id": "export", "node-name": f"layer{image.depth - 1}",
                  "mountpoint": f"{mounted.seen}/disk"}
        if threads:
            export["iothread"] = threads
        return words + ["--export", json.dumps(export)]


class Nbdfuse(Contestant):
    """qemu-nbd, started by nbdfuse, which talks to it."""
    is_peer = True
    stays = True

    def can(self, image):
        return image.name == "plain"

    def words(self, image, mounted):
        return ["nbdfuse", "-r", f"{mounted.seen}/disk", "[", "qemu-nbd", "-r", "-f", "qcow2",
                image.top, "]"]


class Qcowmount(Contestant):
    is_peer = True

    def can(self, image):
        return image.name == "plain"

    def words(self, image, mounted):
        mounted.file = f"{mounted.directory}/qcow1"
        return ["qcowmount", image.top, mounted.seen]
