# SPDX-License-Identifier: GPL-2.0-or-later
"""Who takes part."""
from contestants import Bare, Raw, Shallow, Unchain
from mounted import Place
from peers import Nbdfuse, Qcowmount, StorageDaemon


def ours(here, build, shallow):
    direct = ("-o", "direct_io")
    return [Raw("raw", here),
            Bare("bare", here, build),
            Bare("bare-direct", here, build, *direct),
            Unchain("unchain", here, build),
            Unchain("unchain-direct", here, build, *direct),
            Shallow("1-deep", here, build, shallow)]


def newer(there):
    """As it comes; as fast as one export gets; and with io_uring below all layers of a chain."""
    return [StorageDaemon("qsd-11", there),
            StorageDaemon("qsd-11-best", there, 2, "top layer"),
            StorageDaemon("qsd-11-every", there, 2, "every layer")]


def contestants(work, build, chroot, shallow):
    """`chroot` of the newer Debian or None; shallow() is the image of a chain of one."""
    here = Place(work, "", work)
    return [*ours(here, build, shallow),
            StorageDaemon("qsd-7.2", here),
            *(newer(Place(work, chroot, "/bench")) if chroot else []),
            Nbdfuse("nbdfuse", here),
            Qcowmount("qcowmount", here)]
