# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
#
# Inputs that libFuzzer makes break no promise: headers, tables, compressed clusters, names, and
# whole chains. For hours: tests/fuzz/run.sh.
set -u

build=$(dirname "$(dirname "$(dirname "$READER")")")/fuzz
seconds=2
[ -z "$LONG" ] || seconds=120
exec "$TESTS/fuzz/run.sh" --build "$build" --work "$PWD" --time $seconds --seed "$SEED"
