# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
#
# The completion for bash offers the commands, the options of each, and the values of some.
. "$TESTS/lib/mount.sh"

PATH=$(dirname "$UNCHAIN"):$PATH
. "$root/fuse/completion/unchain"
compopt() { :; } # only known while a completion runs

# offers WORD COMMAND-LINE...: WORD is among what completes the last word
offers()
{
    wanted=$1
    shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _unchain unchain || true
    for word in "${COMPREPLY[@]}"; do
        [ "$word" != "$wanted" ] || return 0
    done
    fail "$*: offers ${COMPREPLY[*]}, not $wanted"
}

for command in $("$UNCHAIN" --help | sed -n 's/^  unchain \([a-z]*\) .*/\1/p'); do
    offers "$command" unchain "${command:0:1}"
    offers --allow-probing unchain "$command" --allow
done
offers --base= unchain map --b
offers --granularity= unchain map --g
offers --nbd unchain map --
offers svg unchain graph --output = s
offers dot unchain graph --output =
offers json unchain info --output = j
offers zero unchain map --truncated = ''
offers require unchain mount --sandbox = r
