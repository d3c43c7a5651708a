#!/usr/bin/env python3
"""Refuses an include that points up: the rules are in tools/layers.txt."""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
allowed = {}
for line in (root / "tools/layers.txt").read_text().splitlines():
    if line and not line.startswith("#"):
        folder, _, below = line.partition(":")
        allowed[folder] = {folder, *below.split()}

bad = []
for path in sorted((root / "src").rglob("*.[ch]")):
    folder = path.relative_to(root / "src").parts[0]
    if folder not in allowed:
        bad.append(f"{path.relative_to(root)}: no layer for the folder {folder}")
        continue
    for number, line in enumerate(path.read_text().splitlines(), 1):
        m = re.match(r'\s*#\s*include\s+"([^"/]+)/', line)
        if m and m[1] not in allowed[folder]:
            bad.append(f"{path.relative_to(root)}:{number}: {folder} may not include {m[1]}")
for path in sorted((root / "include").rglob("*.h")):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if re.match(r'\s*#\s*include\s+"', line):
            bad.append(f"{path.relative_to(root)}:{number}: a public header includes a private one")
print("\n".join(bad))
sys.exit(1 if bad else 0)
