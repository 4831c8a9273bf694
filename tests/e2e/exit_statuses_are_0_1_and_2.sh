# SPDX-License-Identifier: GPL-2.0-or-later
#
# 0 done, 1 the work failed, 2 wrong usage; and one line on standard error that starts "unchain: ".
. "$TESTS/lib/mount.sh"

mkdir disk
truncate -s 1M disk.raw
printf '{"blockdevs": [],\n "exprots": []}' >graph.json

# expect STATUS PATTERN ARGUMENT...
expect()
{
    status=0
    expected=$1 pattern=$2
    shift 2
    "$UNCHAIN" "$@" >out 2>err || status=$?
    [ $status = "$expected" ] || fail "unchain $*: status $status instead of $expected: $(cat err)"
    if [ "$expected" = 0 ]; then
        [ ! -s err ] || fail "unchain $*: says $(cat err)"
        return
    fi
    [ "$(wc -l <err)" = 1 ] || fail "unchain $*: says $(cat err)"
    grep -q "^unchain: .*$pattern" err || fail "unchain $*: says $(cat err), not: $pattern"
    [ ! -s out ] || fail "unchain $*: prints $(cat out)"
}

expect 0 '' --version
expect 0 '' --help
expect 0 '' mount --help
expect 0 '' map disk.raw
expect 0 '' info disk.raw
expect 0 '' map --max-length=4k disk.raw
expect 0 '' map -n 4k -s 1k --output json disk.raw

expect 1 'no.raw' map no.raw
expect 1 'no.raw' mount no.raw disk
expect 1 'nowhere' mount disk.raw nowhere
expect 1 '/dev/null: expected a directory or a regular file' mount disk.raw /dev/null
mkfifo pipe
if [ -w /dev/fuse ]; then
    expect 1 'cannot write the pid file .*/pipe: No such device' mount --pid-file=pipe disk.raw disk
    ! grep " $PWD/disk " /proc/self/mountinfo || fail 'it is mounted without a pid file'
fi
expect 1 'expected a regular file' map disk
expect 1 'qcow2' map -f qcow2 disk.raw
expect 1 'no.json' map -c no.json

expect 2 'no command'
expect 2 'frobnicate: unknown command' frobnicate
expect 2 '--frobnicate.*unchain map --help' map --frobnicate disk.raw
expect 2 'no source' map
expect 2 'no source' mount disk
expect 2 'no mountpoint' mount
expect 2 'two' map disk.raw two
expect 2 '12x.*expected a size' map -s 12x disk.raw
expect 2 'expected "human" or "json"' map --output=xml disk.raw
expect 2 'expected "error" or "zero"' map --truncated=maybe disk.raw
expect 2 'frobnicate: unknown option' mount -o allow_other,frobnicate disk.raw disk
expect 2 'uid=root: expected a number' mount -o uid=root disk.raw disk
expect 2 'mode=rw: expected an octal number' mount -o mode=rw disk.raw disk
expect 2 'uid=4294967297: expected a number from 0 to' mount -o uid=4294967297 disk.raw disk
expect 2 'gid=-1: expected a number from 0 to' mount -o gid=-1 disk.raw disk
expect 2 'mode=7777: expected an octal number from 0 to 777' mount -o mode=7777 disk.raw disk
expect 2 'max_threads=0: expected a number from 1 to' mount -o max_threads=0 disk.raw disk
expect 2 'read_ahead=far: expected a size' mount -o read_ahead=far disk.raw disk
expect 2 'cache_size=-1: expected a size' mount -o cache_size=-1 disk.raw disk
expect 2 'index_size=: expected a size' mount -o index_size= disk.raw disk
expect 2 'graph.json: unknown key "exprots" (graph.json, line 2, column 2)' map -c graph.json
expect 2 'driver=raw' map --image-opts -f raw driver=raw
expect 2 'qcow2 node' map -l monday 'json:{"driver":"null-co"}'
