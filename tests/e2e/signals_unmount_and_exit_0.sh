# SPDX-License-Identifier: GPL-2.0-or-later
#
# SIGTERM, SIGINT and SIGHUP, to the supervisor or the worker, also while a file is open.
. "$TESTS/lib/processes.sh"

# A shell starts its background jobs with SIGINT ignored, which would be inherited.
start=$UNCHAIN
cat >unchain <<END
#!/usr/bin/env python3
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv("$start", sys.argv)
END
chmod +x unchain
UNCHAIN=./unchain

truncate -s 1M disk.raw
for signal in TERM INT HUP; do
    for whom in supervisor worker; do
        start_foreground mnt disk.raw
        [ "$(cat pid)" = $supervisor ] || fail "the pid file says $(cat pid)"
        exec 3<mnt/disk.raw
        kill -$signal "${!whom}"
        is_gone mnt $worker
        status=0
        wait $supervisor || status=$?
        exec 3<&-
        [ $status = 0 ] || fail "SIG$signal to the $whom: status $status"
        ! grep -v ' is unmounted while it is in use; ' mount.err || fail "SIG$signal to the $whom"
    done
done
