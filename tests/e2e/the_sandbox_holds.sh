# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
#
# In the sandbox nothing can be done but what opening and serving need; and each wall holds without
# the others, also on older kernels. What is attempted is in tests/lib/attempts.c.
. "$TESTS/lib/mount.sh"

tools=$(dirname "$READER")
captive=$tools/captive
mkdir inside outside
cd inside
echo contents >there
held=
touch ../missing

# hold COMMAND...: it says that it holds, and nothing has changed
hold()
{
    status=0
    "$@" >said || status=$?
    rm -f mailbox
    if [ $status = 77 ]; then
        attempted=$*
        echo "not tried: ${attempted##*/captive }: $(cat said)" >>../missing
        return
    fi
    [ $status = 0 ] && [ "$(cat said)" = 'it holds' ] || fail "$*: $(cat said)"
    [ "$(ls)" = "$(printf 'said\nthere')" ] && [ "$(cat there)" = contents ] || fail "$*: $(ls -l)"
    held=1
}

# Without walls all of it can be done.
if [ "$(id -u)" = 0 ]; then
    (cd ../outside && "$captive" free) >../free || fail "$(cat ../free)"
    grep '^not tried: ' ../free || true
else
    echo "not tried: whether all could be done without walls: needs root"
fi

for stage in opening serving; do
    hold "$captive" $stage all
    hold "$captive" $stage landlock
    hold "$captive" $stage seccomp
    [ "$(id -u)" != 0 ] || hold "$captive" $stage capabilities
done
for version in 1 2 3 4 5; do
    for stage in opening serving; do
        hold env LD_PRELOAD="$tools/older.so" LANDLOCK=$version "$captive" $stage landlock
        hold env LD_PRELOAD="$tools/older.so" LANDLOCK=$version "$captive" $stage all
    done
done
if [ "$(id -u)" = 0 ] && runuser -u nobody -- "$captive" 2>/dev/null; [ $? = 2 ]; then
    chmod 644 there
    touch said
    for stage in opening serving; do
        hold runuser -u nobody -- "$captive" $stage all
    done
fi
sort -u ../missing
[ -n "$held" ] || skip "there is no sandbox here"
