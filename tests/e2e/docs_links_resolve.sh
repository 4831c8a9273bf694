# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
#
# Every link in README.md and docs/ that is not to the web leads to a file of the repository.
set -u

source=$(dirname "$TESTS")
status=0
cd "$source" || exit 1
for page in README.md docs/*.md examples/*/README.md; do
    for link in $(grep -o '](\([^)]*\))' "$page" | sed 's/^](//; s/)$//; s/#.*//'); do
        case $link in
        http:* | https:*) continue ;;
        esac
        if [ ! -e "$(dirname "$page")/$link" ]; then
            echo "$page: no such file: $link"
            status=1
        fi
    done
done
exit $status
