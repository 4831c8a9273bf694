# SPDX-License-Identifier: GPL-2.0-or-later
"""build_kind.py KIND: builds a kind of graph here; see build_kind in mount.sh."""
import sys

import kinds
from chain import Builder
from unchain import spec_of

kind = getattr(kinds, sys.argv[1])(Builder())
with open("source", "w", encoding="utf-8") as file:
    file.write(spec_of(kind.source))
with open("expected", "wb") as file:
    file.write(kind.view.content)
