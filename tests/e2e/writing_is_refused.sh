# SPDX-License-Identifier: GPL-2.0-or-later
#
# Whatever would change something is EROFS, also after the mount was made writable by force.
. "$TESTS/lib/mount.sh"
need python3

truncate -s 1M disk.raw
mount_image mnt disk.raw
check()
{
    python3 - <<'END'
import errno, os
attempts = {
    "open for writing": lambda: os.open("mnt/disk.raw", os.O_RDWR),
    "truncate": lambda: os.truncate("mnt/disk.raw", 5),
    "chmod": lambda: os.chmod("mnt/disk.raw", 0o777),
    "utime": lambda: os.utime("mnt/disk.raw", (1, 1)),
    "create": lambda: os.open("mnt/new", os.O_WRONLY | os.O_CREAT),
    "mkdir": lambda: os.mkdir("mnt/new"),
    "mknod": lambda: os.mknod("mnt/new"),
    "unlink": lambda: os.unlink("mnt/disk.raw"),
    "rename": lambda: os.rename("mnt/disk.raw", "mnt/new"),
    "symlink": lambda: os.symlink("x", "mnt/new"),
    "link": lambda: os.link("mnt/disk.raw", "mnt/new"),
}
for what, attempt in attempts.items():
    try:
        attempt()
        raise SystemExit(f"{what} succeeds")
    except OSError as error:
        if error.errno != errno.EROFS:
            raise SystemExit(f"{what}: {error}")
END
}
check
if [ "$(id -u)" = 0 ] && mount -i -o remount,rw mnt; then
    check
fi
