# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
#
# Every option that --help knows is in the manual page, and the page is well-formed.
set -u

manual=$(dirname "$TESTS")/docs/unchain.1
status=0
# The page without its markup: \- is a hyphen.
text=$(sed 's/\\-/-/g; s/\\f[A-Z]//g' "$manual")
for command in mount map info graph hash verify compare; do
    options=$("$UNCHAIN" $command --help | grep -o -e '^ *-[-a-zA-Z, ]*' | grep -o -e '-[-a-zA-Z]*' | sort -u)
    [ -n "$options" ] || { echo "unchain $command --help lists no options"; status=1; }
    for option in $options; do
        # In mdoc the hyphen of "Fl" is not written: "-v" is "Fl v", "--pid-file" is "Fl -pid-file".
        if ! printf '%s\n' "$text" | grep -q -e "\(^\|[^-a-z]\)$option\([^-a-z]\|$\)" \
            -e "Fl ${option#-}\([^-a-z]\|$\)"; then
            echo "unchain $command $option is not in the manual page"
            status=1
        fi
    done
done
if command -v mandoc >/dev/null; then
    mandoc -T lint -W warning "$manual" || status=1
fi
exit $status
