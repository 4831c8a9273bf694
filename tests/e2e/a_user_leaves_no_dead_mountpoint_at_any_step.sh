# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
#
# kill_9_at_every_step_leaves_no_dead_mountpoint.py for one who mounts through fusermount3.
. "$TESTS/lib/users.sh"
as_users

cp -r "$TESTS" "$public/tests"
cp "$(dirname "$READER")/mortal.so" "$public"
chmod -R a+rX "$public"
export TESTS="$public/tests" READER="$public/reader"
mkdir own
chown 65534 own
cd own
status=0
user python3 "$TESTS/e2e/kill_9_at_every_step_leaves_no_dead_mountpoint.py" || status=$?
exit $status
