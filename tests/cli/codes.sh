# mailwhy codes: the tables, for people and for programs.
. "$(dirname "$0")/check.inc"

exits 0 "$mailwhy" codes
is_harmless out
is_empty err
for code in 211 220 250 354 421 450 451 452 500 501 502 503 504 550 551 552 553 554; do
	grep -q "^$code  *[A-Za-z]" "$tmp/out" || complain "codes: no $code"
done
same 'the codes come in order' "$(cut -c1-3 "$tmp/out" | sort -nu | cksum)" "$(cut -c1-3 "$tmp/out" | cksum)"
lines=$(wc -l <"$tmp/out")

# table JSON-FIELDS COUNT: $tmp/out is that many objects with exactly these strings or lists.
table()
{
	python3 - "$tmp/out" "$@" <<'END' || complain "JSON of $*"
import json, sys
names, count = sys.argv[2].split(), int(sys.argv[3])
lines = open(sys.argv[1], "rb").read().decode("utf-8").splitlines()
assert len(lines) >= count, len(lines)
for line in lines:
    o = json.loads(line)
    for name in names:
        assert isinstance(o[name], (str, list)), (name, line)
        if isinstance(o[name], list):
            assert all(isinstance(s, str) and s for s in o[name]), line
first = [json.loads(line)[names[0]] for line in lines]
assert len(set(first)) == len(first), "a key stands twice"
END
}

exits 0 "$mailwhy" codes --json
table 'code text source commands meaning category causes notes sender admin developer receiver' 70
same 'as many objects as lines' "$(wc -l <"$tmp/out")" "$lines"
exits 0 "$mailwhy" codes --statuses
has out x.7.26
is_harmless out
exits 0 "$mailwhy" codes --statuses --json
table 'status name codes source meaning category' 80
exits 0 "$mailwhy" codes --categories
is_harmless out
lacks out '{'
same 'categories' "$(wc -l <"$tmp/out")" 40
exits 0 "$mailwhy" codes --categories --json
table 'category permanence fault action_permanent action_temporary summary' 40
lacks out '{server'

# --- other people's names

exits 0 "$mailwhy" codes --map list
has out sisimai
maps=$(cat "$tmp/out")
for map in $maps; do
	exits 0 "$mailwhy" codes --map "$map"
	is_harmless out
	[ -s "$tmp/out" ] || complain "map $map is empty"
	exits 0 "$mailwhy" codes --map "$map" --json
	table 'name categories' 1
done
exits 0 "$mailwhy" codes --map sisimai
grep -q '^userunknown  *recipient-unknown' "$tmp/out" || complain 'sisimai: userunknown'
exits 64 "$mailwhy" codes --map no-such-map
has err list
is_empty out
exits 64 "$mailwhy" codes --map
exits 64 "$mailwhy" codes --map "$(printf 'a\033[2Jb')"
is_harmless err

# --- mistakes, and the end of output

exits 0 "$mailwhy" codes --help
has out '--map NAME'
exits 64 "$mailwhy" codes 550
is_empty out
exits 64 "$mailwhy" codes --stage rcpt
for options in '' --json --statuses '--statuses --json' --categories; do
	# shellcheck disable=SC2086
	("$mailwhy" codes $options 2>"$tmp/err"; echo $? >"$tmp/rc") | head -1 >/dev/null
	same "status before | head -1 $options" "$(cat "$tmp/rc")" 0
	is_empty err
	if [ -w /dev/full ]; then
		rc=0
		# shellcheck disable=SC2086
		"$mailwhy" codes $options >/dev/full 2>"$tmp/err" || rc=$?
		same "status on a full disk $options" "$rc" 74
	fi
done

finish
