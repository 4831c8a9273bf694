# SPDX-License-Identifier: GPL-2.0-or-later
"""The programs that are measured, and how each shows an image as a file: ours and the measures of
what is possible; peers.py has the others."""
import os

from mounted import Mounted, Unmounted

READ_AHEAD_KIB = 1024


class Contestant:
    stays = False  # in the foreground; else it returns when the mount answers
    is_peer = False
    has_column = False  # in the table; else it is a line below
    bypasses_cache = False

    def __init__(self, name, place):
        self.name, self.place = name, place

    def can(self, image):
        return True

    def sources(self, image):
        """The files that the bytes come from."""
        return image.files()

    def shown_size(self, image):
        return image.size

    def adjust(self, mounted):
        """What is left to do when it is mounted."""

    def subject(self, image):
        return Mounted(self, image)


class Raw(Contestant):
    """The disk as a raw file, without any mount."""
    bypasses_cache = True  # it is in the cache already

    def can(self, image):
        return image.raw is not None

    def sources(self, image):
        return [image.raw]

    def subject(self, image):
        return Unmounted(self, image, image.raw)


class Bare(Contestant):
    """bare.c: shows the raw file."""

    def __init__(self, name, place, build, *options):
        super().__init__(name, place)
        self.program, self.options = f"{build}/bench/bare", options
        self.bypasses_cache = "direct_io" in options

    def can(self, image):
        return image.raw is not None

    def sources(self, image):
        return [image.raw]

    def shown_size(self, image):
        return os.stat(image.raw).st_size

    def words(self, image, mounted):
        return [self.program, *self.options, image.raw, mounted.seen]

    def adjust(self, mounted):
        device = os.stat(mounted.file).st_dev
        path = f"/sys/class/bdi/{os.major(device)}:{os.minor(device)}/read_ahead_kb"
        with open(path, "w", encoding="ascii") as file:
            file.write(str(READ_AHEAD_KIB))


class Unchain(Contestant):
    def __init__(self, name, place, build, *options):
        super().__init__(name, place)
        self.program, self.options = f"{build}/fuse/unchain", options
        self.bypasses_cache = "direct_io" in options

    def words(self, image, mounted):
        return [self.program, "mount", "-q", *self.options, f"disk={image.top}", mounted.seen]


class Shallow(Unchain):
    """unchain with the same disk in one layer, to be measured in turn with the deep ones."""

    def __init__(self, name, place, build, shallow):
        super().__init__(name, place, build)
        self.shallow = shallow  # returns the image: it may have to be made

    def can(self, image):
        return image.depth > 1

    def sources(self, image):
        return self.shallow().files()

    def words(self, image, mounted):
        return super().words(self.shallow(), mounted)
