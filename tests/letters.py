#!/usr/bin/env python3
"""letters.py MAILWHY FOLDER [NAME...]: reads every FOLDER/NAME.eml and compares with FOLDER/NAME.out.

NAME.out has one JSON object a line for each report, in order; only the keys that stand there are compared. A list is
several answers of which each is right.
"""
import json
import pathlib
import subprocess
import sys

mailwhy, folder, names = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
letters = sorted(p for p in folder.glob("*.eml") if not names or p.stem in names)
if not letters:
    sys.exit(f"{folder}: no letters there")
wrong = 0
for letter in letters:
    done = subprocess.run([mailwhy, "bounce", "--json", letter], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)
    found = [json.loads(line) for line in done.stdout.decode().splitlines()]
    wanted = [json.loads(line) for line in letter.with_suffix(".out").read_text().splitlines() if line.strip()]
    said = []
    if done.returncode != 0 or done.stderr:
        said.append(f"exit status {done.returncode}: {done.stderr.decode('utf-8', 'replace')[:300]}")
    if len(found) != len(wanted):
        said.append(f"{len(wanted)} reports wanted, {len(found)} found: {[f.get('recipient') for f in found]}")
    for number, (want, got) in enumerate(zip(wanted, found), 1):
        for key, value in want.items():
            right = value if isinstance(value, list) else [value]
            if got.get(key) not in right:
                said.append(f"report {number}: {key}: {value} wanted, {got.get(key)} found; text: {got['text'][:100]!r}")
    if said:
        wrong += 1
        print(f"{letter.stem}:", *said, sep="\n    ")
print(f"{len(letters) - wrong} passed, {wrong} failed")
sys.exit(wrong > 0)
