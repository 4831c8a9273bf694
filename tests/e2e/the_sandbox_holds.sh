# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
#
# In the sandbox nothing can be done but what opening and serving need; and each wall holds without
# the others. What is attempted is in tests/lib/captive.c.
. "$TESTS/lib/mount.sh"

captive=$(dirname "$READER")/captive
echo contents >there

# hold COMMAND...: it says that it holds, and nothing has changed
hold()
{
    status=0
    "$@" >said || status=$?
    [ $status != 77 ] || skip "$(cat said)"
    [ $status = 0 ] && [ "$(cat said)" = 'it holds' ] || fail "$*: $(cat said)"
    rm -f mailbox
    [ "$(ls)" = "$(printf 'said\nthere')" ] && [ "$(cat there)" = contents ] || fail "$*: $(ls -l)"
}

for stage in opening serving; do
    hold "$captive" $stage all
    hold "$captive" $stage landlock
    hold "$captive" $stage seccomp
    [ "$(id -u)" != 0 ] || hold "$captive" $stage capabilities
done
if [ "$(id -u)" = 0 ] && runuser -u nobody -- "$captive" 2>/dev/null; [ $? = 2 ]; then
    chmod 644 there
    touch said
    for stage in opening serving; do
        hold runuser -u nobody -- "$captive" $stage all
    done
fi
