# mailwhy rules, and --rules with what people write into such files.
. "$(dirname "$0")/check.inc"
our=$examples/our.rules

# --- check

exits 0 "$mailwhy" rules check --rules "$our"
has out '0 failed'
exits 0 "$mailwhy" rules check --quiet --rules "$our"
is_empty out
printf 'rule a\n\tcategory policy\n\ttext zebra words\n\texample 550 5.1.1 User unknown\n' >"$tmp/lost.rules"
exits 65 "$mailwhy" rules check --rules "$tmp/lost.rules"
has out 'lost:a: lost to '
has out '1 failed'
exits 65 "$mailwhy" rules check --quiet --rules "$tmp/lost.rules"
has out 'lost:a'
printf 'rule a\n\tcategory policy\n\ttext zebra words\n\texample 550 xyzzy\n' >"$tmp/none.rules"
exits 65 "$mailwhy" rules check --rules "$tmp/none.rules"
has out 'none:a: nothing was found'
has out '550 xyzzy'
printf 'rule a\n\tcategory policy\n\ttext zebra words\n\texample 550 a\033[2Jb\n' >"$tmp/evil.rules"
exits 65 "$mailwhy" rules check --rules "$tmp/evil.rules"
is_harmless out

# --- why

exits 0 "$mailwhy" rules why --rules "$our" '550 Mailbox asleep' '250 Ok'
has out 'won   our:archive-asleep'
has out recipient-disabled
exits 0 "$mailwhy" rules why --json --rules "$our" '550 5.1.1 User unknown, mailbox asleep'
python3 - "$tmp/out" <<'END' || complain 'rules why --json'
import json, sys
lines = [json.loads(l) for l in open(sys.argv[1], encoding="utf-8")]
assert sum(l["won"] for l in lines) == 1, lines
for l in lines:
    assert isinstance(l["rule"], str) and isinstance(l["phrase"], str), l
    assert type(l["position"]) is int and type(l["won"]) is bool, l
    if l["won"]:
        assert l["rule"] == "our:archive-asleep" and l["position"] == len("User unknown, "), l
END
exits 0 "$mailwhy" rules why "$(printf '550 a\033[2Jb user unknown')"
is_harmless out
exits 64 "$mailwhy" rules why

# --- list

exits 0 "$mailwhy" rules list --rules "$our"
same 'rules of the user stand first' "$(head -1 "$tmp/out" | cut -d' ' -f1)" our:campus-acl
is_harmless out
exits 0 "$mailwhy" rules list --json --rules "$our"
python3 - "$tmp/out" <<'END' || complain 'rules list --json'
import json, sys
lines = [json.loads(l) for l in open(sys.argv[1], encoding="utf-8")]
assert len(lines) > 1000
for l in lines:
    assert all(isinstance(l[k], str) for k in ("rule", "category", "provider", "source", "date")), l
assert lines[0]["rule"] == "our:campus-acl" and lines[0]["date"] == "2026-02", lines[0]
END

# --- mistakes of the caller

exits 64 "$mailwhy" rules
exits 64 "$mailwhy" rules polish
has err check
exits 64 "$mailwhy" rules check extra
exits 64 "$mailwhy" rules list extra
exits 64 "$mailwhy" rules check --rules
exits 66 "$mailwhy" rules check --rules "$tmp/no-such-file"
many=$(i=0; while [ $i -lt 17 ]; do echo "--rules $our"; i=$((i + 1)); done)
# shellcheck disable=SC2086
exits 64 "$mailwhy" rules check $many
exits 0 "$mailwhy" rules --help
has out check

# --- mistakes in a file: file:line:column, once, on standard error, and nothing is explained

while IFS='|' read -r text at says; do
	# shellcheck disable=SC2059
	printf "$text" >"$tmp/m.rules"
	for command in 550 'rules check' 'rules list' 'codes'; do
		# shellcheck disable=SC2086
		exits 78 "$mailwhy" $command --rules "$tmp/m.rules"
		is_empty out
		has err "$tmp/m.rules:$at: "
		has err "$says"
		is_harmless err
	done
done <<'END'
rule a\n\tcolour red\n|2:9|unknown field
rule a\n\tcategory policy\n\ttext abc\n|3:7|5 bytes
rule a\n\tcategory policy\n  text zebra\n|3:1|tab
\tcategory policy\n|1:1|before the first record
rule a\n\tcategory policy\n\ttext zebra\377\n|3:1|UTF-8
rule a\n\tcolo\033[2Jur red\n|2:13|unknown field
rule a\n\tcategory policy\n\ttext zebra\n\tsummary Say "no".\n\texample 550 zebra\n|4:14|quote
END

# A long path is told whole, or no editor can go there.
long=$tmp/a-folder-with-a-rather-long-name/and-another-one-inside-of-it/that-is-long-too
mkdir -p "$long"
printf 'rule a\n\tcolour red\n' >"$long/long.rules"
exits 78 "$mailwhy" --rules "$long/long.rules" 550
has err "$long/long.rules:2:9: "

# One broken file of two: none is used, and the right one is named.
exits 78 "$mailwhy" --rules "$our" --rules "$tmp/m.rules" 550
has err m.rules:
lacks err our.rules:

# Files that people make by accident.
: >"$tmp/empty.rules"
exits 0 "$mailwhy" --rules "$tmp/empty.rules" 550
exits 0 "$mailwhy" rules check --rules "$tmp/empty.rules"
printf '\377\376r\000u\000l\000e\000' >"$tmp/utf16.rules"
exits 78 "$mailwhy" --rules "$tmp/utf16.rules" 550
head -c 100000 /dev/urandom >"$tmp/random.rules"
exits 78 "$mailwhy" --rules "$tmp/random.rules" 550
is_harmless err
head -c 9000000 /dev/zero | tr '\0' '\n' >"$tmp/large.rules"
exits 65 "$mailwhy" --rules "$tmp/large.rules" 550
head -c 100000 "$mailwhy" >"$tmp/binary"
exits 78 "$mailwhy" --rules "$tmp/binary" 550 || true
sed 's/$/\r/' "$our" >"$tmp/crlf.rules"
exits 0 "$mailwhy" rules check --rules "$tmp/crlf.rules"

# --- the end of output

("$mailwhy" rules list --json 2>"$tmp/err"; echo $? >"$tmp/rc") | head -1 >/dev/null
same 'status before | head -1' "$(cat "$tmp/rc")" 0
is_empty err
if [ -w /dev/full ]; then
	for verb in list "why 550" "check --rules $our"; do
		rc=0
		# shellcheck disable=SC2086
		"$mailwhy" rules $verb >/dev/full 2>"$tmp/err" || rc=$?
		same "status of rules $verb on a full disk" "$rc" 74
	done
fi

finish
