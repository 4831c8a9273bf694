# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
#
# Every read that a command does is made to fail, to give less, or to be interrupted, one at a time
# (tests/lib/faulty.c). What it prints is then what it always prints, or it says what could not be
# read and ends with status 1 (2 of compare).
. "$TESTS/lib/mount.sh"
need qemu-img qemu-io

faulty=$(dirname "$READER")/faulty.so
[ -e "$faulty" ] || skip 'needs a program without a sanitizer'

qemu-img create -q -f qcow2 base.qcow2 3M
qemu-io -c 'write -q -P 1 0 200k' -c 'write -q -P 2 2M 100k' base.qcow2
qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 top.qcow2
qemu-io -c 'write -q -P 3 100k 300k' -c 'write -q -z 2M 32k' top.qcow2
qemu-img convert -c -O qcow2 top.qcow2 packed.qcow2
"$UNCHAIN" hash --manifest=manifest top.qcow2 >hash.out

# try FAULT NUMBER COMMAND...: sets $status
try()
{
    fault=$1 number=$2
    shift 2
    status=0
    LD_PRELOAD=$faulty FAULT="$fault $number" "$UNCHAIN" "$@" >out 2>err || status=$?
    [ $status -le 2 ] || fail "$fault $number: $*: status $status: $(cat err)"
    reads=$(sed -n 's/^reads: //p' err)
    sed -i '/^reads: /d' err
}

# check FAULTS COMMAND...
check()
{
    faults=$1
    shift
    "$UNCHAIN" "$@" >right
    for fault in $faults; do
        number=1
        while try $fault $number "$@" && [ $number -le "${reads:-0}" ]; do
            if [ $status = 0 ]; then
                cmp out right || fail "$fault $number: $*: another answer"
            elif [ $fault != fail ]; then
                fail "$fault $number: $*: $(cat err)"
            else
                grep -q 'Input/output error' err out || fail "$number: $*: $(cat err out)"
            fi
            number=$((number + 1))
        done
        [ $number -gt 3 ] || fail "$*: $number reads only"
    done
}

check 'cut eintr fail' hash top.qcow2
check 'cut fail' hash packed.qcow2
check fail map --output=json top.qcow2
check fail info packed.qcow2
check fail compare top.qcow2 packed.qcow2
check fail verify packed.qcow2 manifest
