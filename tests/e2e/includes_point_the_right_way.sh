# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
#
# The tree is the taxonomy: who may include whom, and that every file names its licence.
. "$TESTS/lib/mount.sh"
cd "$root"
wrong=0

# includes DIRECTORY ALLOWED: the project's headers that its files may include (an extended regexp)
includes()
{
    if grep -rnE '^ *# *include +"' "$1" --include='*.[ch]' | grep -vE "include +\"($2)"; then
        echo "$1/ includes what it must not"
        wrong=1
    fi
}

# libraries DIRECTORY ALLOWED: libraries that its files may include
libraries()
{
    if grep -rnE '^ *# *include +<(glib|gio|json-glib|fuse|zlib|zstd|xxhash|lz)' "$1" \
        --include='*.[ch]' | grep -vE "$2"; then
        echo "$1/ uses a library that it must not"
        wrong=1
    fi
}

includes core 'core/'
libraries core '<glib|^core/spec_json\.c:[0-9]+:.*<json-glib'
for folder in protocol filter; do
    includes drivers/$folder "core/|drivers/$folder/"
done
# A format of one file knows core only; one that is a folder, core and itself.
for path in drivers/format/*; do
    if [ -d "$path" ]; then
        includes "$path" "core/|$path/"
    elif grep -nE '^ *# *include +"' "$path" /dev/null | grep -E '\.[ch]:' | grep -v '"core/'; then
        echo "$path includes what it must not"
        wrong=1
    fi
done
libraries drivers '<(glib|zlib|zstd|xxhash)'
includes fuse 'core/|drivers/(drivers|filter/manifest)\.h"|fuse/'
libraries fuse '<(glib|gio|fuse|xxhash|json-glib)'
if grep -rlE 'include +"(fuse|tests)/' core drivers; then
    echo "core/ and drivers/ know no frontend"
    wrong=1
fi

# license DIRECTORY LICENCE: the first lines of every file say it
license()
{
    for path in $(find "$1" -type f \( -name '*.[ch]' -o -name '*.py' -o -name '*.sh' -o \
        -name meson.build \)); do
        if ! head -n 3 "$path" | grep -q "SPDX-License-Identifier: $2"; then
            echo "$path does not say SPDX-License-Identifier: $2"
            wrong=1
        fi
    done
}

for folder in core drivers; do
    license $folder LGPL-2.1-or-later
done
for folder in fuse tests examples bench docs; do
    license $folder '\(L\?GPL-2.[01]-or-later\)'
done
exit $wrong
