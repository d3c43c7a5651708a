# mailwhy bounce, as people and scripts call it.
. "$(dirname "$0")/check.inc"
bounces=$here/../bounces

# Letters of every sort, and $tmp/letters.py to make more of them.
cat >"$tmp/letters.py" <<'END'
import sys

def dsn(recipients, subject="Undelivered Mail", original="Hello", reply="550 5.1.1 User unknown",
        action="failed", status="5.1.1"):
    """A report of RFC 3464, LF; `recipients`: bytes or text, one or several."""
    def raw(v):
        return v if isinstance(v, bytes) else v.encode()
    each = b"".join(b"\nFinal-Recipient: rfc822; %s\nAction: %s\nStatus: %s\n"
                    b"Remote-MTA: dns; mx.example.net\nDiagnostic-Code: smtp; %s\n"
                    % (raw(r), raw(action), raw(status), raw(reply))
                    for r in ([recipients] if isinstance(recipients, (str, bytes)) else recipients))
    return (b"From: MAILER-DAEMON@mail.example.org\nTo: jane@example.org\nSubject: %s\n"
            b"MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; "
            b"boundary=b1\n\n--b1\n\nYour mail was not delivered.\n\n--b1\n"
            b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example.org\n"
            b"Arrival-Date: Mon, 5 Jan 2026 10:00:00 +0100\n%s\n--b1\n"
            b"Content-Type: message/rfc822\n\nFrom: jane@example.org\nTo: list@example.org\n"
            b"Subject: %s\nMessage-ID: <one@example.org>\nDate: Mon, 5 Jan 2026 09:59:58 +0100\n\n"
            b"Hello.\n\n--b1--\n" % (raw(subject), each, raw(original)))

plain = (b"From: bob@example.com\nTo: jane@example.org\nSubject: lunch\nDate: Mon, 5 Jan 2026 "
         b"10:00:00 +0100\nMessage-ID: <l@example.com>\n\nAt noon?\n")
mark = b"From MAILER-DAEMON Mon Jan  5 10:00:00 2026\n"

def put(path, data):
    with open(path, "wb") as f:
        f.write(data)
END
PYTHONPATH=$tmp
PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE

# bounce OPTION...: what it prints is kept, its status in $rc.
bounce()
{
	rc=0
	"$mailwhy" bounce "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || rc=$?
}

# values KEY: of every object in $tmp/out, the folder of this test left out.
values()
{
	python3 -c 'import json, sys
out, key, folder = sys.argv[1:]
print(*[str(json.loads(line)[key]).replace(folder + "/", "") for line in open(out)])' \
		"$tmp/out" "$1" "$tmp"
}

python3 - "$tmp" <<'END' || complain 'the letters could not be made'
import os, sys
from letters import *
os.chdir(sys.argv[1])
put("one.eml", dsn("bob@example.com"))
put("late.eml", dsn("eve@example.com", reply="451 4.4.1 Connection timed out", action="delayed",
                    status="4.4.1"))
put("full.eml", dsn("ann@example.com", reply="452 4.2.2 Mailbox full", status="4.2.2"))
put("plain.eml", plain)
put("two.eml", dsn(["a@example.com", "b@example.com"]))
put("moved.eml", dsn("new@example.net")
    .replace(b"\nFinal-", b"\nOriginal-Recipient: rfc822; old@example.com\nFinal-")
    .replace(b"Subject: Hello", b"Subject: Hello\nList-Id: Friends <friends.example.org>"))
END

# --- exit statuses and what is said of a wrong command line

exits 0 "$mailwhy" bounce --help
has out 'mailwhy bounce [OPTION]... PATH...'
for option in --format --only --fail-on --jobs --json --quiet --no-color; do
	has out "  $option "
done
exits 0 "$mailwhy" bounce --version
has out mailwhy
exits 64 "$mailwhy" bounce
is_empty out
has err 'mailwhy bounce --help'
exits 64 "$mailwhy" bounce --josn "$tmp/one.eml"
is_empty out
has err '--josn'
exits 64 "$mailwhy" bounce --format xml "$tmp/one.eml"
has err 'table, json, csv, addresses'
exits 64 "$mailwhy" bounce --format
has err '--format needs a value'
exits 64 "$mailwhy" bounce --json --format csv "$tmp/one.eml"
has err '--json and --format csv'
exits 0 "$mailwhy" bounce --json --format json "$tmp/one.eml"
for jobs in 0 65 -1 2x '' 99999999999999999999; do
	exits 64 "$mailwhy" bounce --jobs "$jobs" "$tmp/one.eml"
	has err '1 to 64'
done
for option in --only --fail-on; do
	exits 64 "$mailwhy" bounce "$option" permanent,recipent-unknown "$tmp/one.eml"
	is_empty out
	has err "$option"
	has err '"recipent-unknown"'
	for words in '' ',' 'permanent,' ',permanent' Permanent; do
		exits 64 "$mailwhy" bounce "$option" "$words" "$tmp/one.eml"
	done
	exits 64 "$mailwhy" bounce "$option" "$(printf 'a\033[31m\302\233b')" "$tmp/one.eml"
	is_harmless err
done
exits 66 "$mailwhy" bounce --rules "$tmp/nothing" "$tmp/one.eml"
exits 78 "$mailwhy" bounce --config "$tmp/nothing" "$tmp/one.eml"

exits 0 "$mailwhy" bounce "$tmp/one.eml"
is_empty err
exits 0 "$mailwhy" bounce --fail-on complaint "$tmp/one.eml"
exits 1 "$mailwhy" bounce --fail-on bounce "$tmp/one.eml"
has out bob@example.com
exits 1 "$mailwhy" bounce --fail-on mailbox-full --fail-on recipient-unknown "$tmp/plain.eml" \
	"$tmp/one.eml" --json
is_empty err
exits 1 "$mailwhy" bounce --fail-on recipient-unknown --only complaint "$tmp/one.eml" --json
is_empty out
exits 1 "$mailwhy" bounce --fail-on recipient-unknown,temporary "$tmp/one.eml"
exits 0 "$mailwhy" bounce --fail-on complaint,temporary "$tmp/one.eml"
exits 1 "$mailwhy" bounce --fail-on mailbox-full,temporary "$tmp/one.eml" "$tmp/full.eml"
exits 66 "$mailwhy" bounce --fail-on bounce "$tmp/one.eml" "$tmp/nothing"

# Of what is longer than is kept, what was kept is told.
python3 -c 'from letters import *
put("'"$tmp"'/long.eml", dsn(["recipient-number-%d@example.com" % i for i in range(160000)]))'
bounce --format addresses "$tmp/long.eml" "$tmp/one.eml"
same 'status of a message too long' "$rc" 65
has err "$tmp/long.eml: longer"
has out recipient-number-0@example.com
same 'the file behind it' "$(tail -1 "$tmp/out")" bob@example.com
rm "$tmp/long.eml"

# --- files that can't be read are named and counted, the rest is read

bounce --json "$tmp/nothing" "$tmp/one.eml" "$tmp/nor-this" "$tmp/two.eml"
same 'status with missing files' "$rc" 66
same 'recipients beside missing files' "$(values recipient)" \
	'bob@example.com a@example.com b@example.com'
same 'complaints of missing files' "$(wc -l <"$tmp/err")" 2
has err "$tmp/nothing: No such file"
has err "$tmp/nor-this: No such file"
bounce "$tmp/nothing" "$tmp/one.eml" "$tmp/nor-this"
has out '1 message: 1 failure, 2 unreadable files.'
bounce --quiet "$tmp/nothing" "$tmp/one.eml"
same 'status with --quiet' "$rc" 66
is_empty err
has out bob@example.com
has out '1 unreadable file.'
: >"$tmp/empty"
bounce "$tmp/empty" /dev/null
same 'status of nothing' "$rc" 0
same 'nothing' "$(cat "$tmp/out")" '0 messages: 0 failures.'
# The name whole, however long.
long=$(printf '%0200d' 0)
bounce --json "$tmp/$long"
has err "$tmp/$long: No such file"
if [ "$(id -u)" != 0 ]; then
	cp "$tmp/one.eml" "$tmp/locked.eml"
	mkdir "$tmp/locked"
	chmod 0 "$tmp/locked.eml" "$tmp/locked"
	bounce --json "$tmp/locked.eml" "$tmp/locked" "$tmp/one.eml"
	same 'status of files without rights' "$rc" 66
	same 'complaints of files without rights' "$(grep -c 'Permission denied' "$tmp/err")" 2
	same 'beside files without rights' "$(values recipient)" bob@example.com
	chmod 700 "$tmp/locked"
fi
rc=0
"$mailwhy" bounce - <&- >"$tmp/out" 2>"$tmp/err" || rc=$?
same 'status of closed input' "$rc" 66
rc=0
"$mailwhy" bounce - <"$tmp" >"$tmp/out" 2>"$tmp/err" || rc=$?
same 'status of a folder as input' "$rc" 66

# --- JSON: every field of its type, one object a line

cat >"$tmp/fields.py" <<'END'
import json, re, sys

def text(v): return isinstance(v, str)
def word(v): return text(v) and v != ""
def flag(v): return type(v) is bool
def texts(v): return isinstance(v, list) and all(map(word, v))
def null_or(test): return lambda v: v is None or test(v)
def of(words): return lambda v: v in words.split()
def like(pattern): return lambda v: text(v) and re.fullmatch(pattern, v) is not None
def seconds(v): return type(v) is int and v > 0
def link(v): return isinstance(v, dict) and text(v["name"]) and text(v["url"])

time = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
status = r"[245]\.\d{1,3}\.\d{1,3}"
fields = {
    "file": word, "kind": of("bounce auto-reply complaint delivered none"),
    "recipient": null_or(word),
    "stage": null_or(of("dns connect tls ehlo auth mail rcpt data content queue local")),
    "reply": null_or(like(r"[2-5]\d\d")), "status": null_or(like(status)),
    "status_derived": null_or(like(status)), "text": text, "remote": null_or(word),
    "provider": null_or(word), "category": of("""
recipient-unknown recipient-disabled recipient-moved recipient-restricted mailbox-full
domain-not-found domain-no-mail routing-loop message-too-large message-malformed spam-content virus
content-policy sender-rejected sender-authentication reputation-ip reputation-domain reverse-dns
relay-denied auth-required auth-failed tls-required tls-failed protocol-error rate-limited
too-many-connections too-many-recipients greylisted server-busy server-full server-misconfigured
policy connection-failed timeout expired suppressed delivered auto-reply complaint unknown"""),
    "permanence": of("permanent temporary none"),
    "fault": of("recipient recipient-server sender sender-server message network nobody"),
    "action": of("""
none retry retry-slower slow-down remove-address update-address ask-recipient stop-sending
fix-message shrink-message fix-dns fix-authentication log-in use-tls request-delisting
fix-configuration check-network review"""),
    "address_is_bad": flag, "retry_after": null_or(seconds),
    "confidence": of("provider-text text status code class none"),
    "rule": null_or(like(r"[^:]+:[^:]+")), "summary": word, "remedy": texts, "references": texts,
    "blocklist": null_or(link), "reporting_mta": null_or(word), "arrival": null_or(like(time)),
    "message_id": null_or(like("[^<>]+")), "subject": null_or(word), "sender": null_or(word),
    "format": null_or(word), "action_field": null_or(word), "final_recipient": null_or(word),
    "date": null_or(like(time)), "list_id": null_or(word), "envelope_id": null_or(word),
    "feedback_type": null_or(word), "verp_recipient": null_or(word), "delayed": flag,
}
wrong = 0
given = set()

def say(*what):
    global wrong
    wrong += 1
    print(*what)

def pairs(p):
    if len(dict(p)) != len(p):
        say("a field stands twice", p)
    return dict(p)

data = open(sys.argv[1], "rb").read().decode("utf-8")
if not data.endswith("\n"):
    say("the last line has no end")
for line in data.splitlines():
    o = json.loads(line, object_pairs_hook=pairs)
    for name, good in fields.items():
        if name not in o:
            say(o["file"], name, "is missing")
        elif not good(o[name]):
            say(o["file"], name, repr(o[name]))
    given |= {n for n, v in o.items() if v is not None}
    if "code_meaning" in o or "digits" in o:
        say(o["file"], "has what is explain's alone")
    if o["status"] and o["status_derived"]:
        say(o["file"], "a status is stated and derived")
    if o["address_is_bad"] and (o["kind"], o["permanence"]) != ("bounce", "permanent"):
        say(o["file"], "a bad address, and no bounce for good")
    if o["delayed"] and o["kind"] != "bounce":
        say(o["file"], "delayed, and no bounce")
    if o["text"] and not all(c.isprintable() for c in o["text"]):
        say(o["file"], "text", repr(o["text"]))
for name in sys.argv[2:] and sorted(set(fields) - given):
    say(name, "is never given: is the table of this test right?")
sys.exit(1 if wrong else 0)
END
bounce --json "$bounces" "$tmp/moved.eml"
same 'status of tests/bounces' "$rc" 0
is_empty err
python3 "$tmp/fields.py" "$tmp/out" all || complain 'JSON of tests/bounces'
bounce --json "$tmp/moved.eml"
same 'the address as the sender used it' "$(values recipient) $(values final_recipient)" \
	'old@example.com new@example.net'
has out friends.example.org
bounce --json "$tmp/one.eml" "$tmp/plain.eml" "$tmp/late.eml"
python3 "$tmp/fields.py" "$tmp/out" || complain 'JSON of letters'
same kinds "$(values kind)" 'bounce none bounce'
same files "$(values file)" 'one.eml plain.eml late.eml'
same recipients "$(values recipient)" 'bob@example.com None eve@example.com'
same delayed "$(values delayed)" 'False False True'
same address_is_bad "$(values address_is_bad)" 'True False False'
same reply "$(values reply)" '550 None 451'
same status "$(values status)" '5.1.1 None 4.4.1'
same reporting_mta "$(values reporting_mta)" 'mail.example.org None mail.example.org'
same arrival "$(values arrival | cut -d' ' -f1,2)" '2026-01-05T10:00:00+01:00 None'
same message_id "$(values message_id | cut -d' ' -f1)" 'one@example.org'
same subject "$(values subject | cut -d' ' -f1)" Hello
same action_field "$(values action_field)" 'failed None delayed'
same remote "$(values remote)" 'mx.example.net None mx.example.net'
same permanence "$(values permanence)" 'permanent none temporary'
cp "$tmp/out" "$tmp/wanted"
bounce --format json "$tmp/one.eml" "$tmp/plain.eml" "$tmp/late.eml"
cmp -s "$tmp/out" "$tmp/wanted" || complain '--format json is not --json'

# --- the table, and its summary

bounce "$tmp/one.eml" "$tmp/plain.eml" "$tmp/late.eml" "$tmp/full.eml" "$tmp/one.eml" \
	"$bounces/arf-opt-out.eml"
python3 - "$tmp/out" <<'END' || complain "the table: $(cat "$tmp/out")"
import re, sys
rows, tail = open(sys.argv[1], encoding="utf-8").read().split("\n\n")
rows = [r.split() for r in rows.split("\n")]
assert rows[0] == "bob@example.com 550 5.1.1 recipient-unknown permanent remove-address".split(), rows
assert rows[1][0] == "eve@example.com" and rows[1][4:] == ["delayed", "retry"], rows
assert rows[2][:5] == "ann@example.com 452 4.2.2 mailbox-full temporary".split(), rows
assert rows[3] == rows[0] and len(rows) == 5, rows
assert rows[4][1:] == "- complaint complaint stop-sending".split(), rows
tail = tail.split("\n")
text = " ".join(tail)
assert text.startswith("6 messages: 3 failures, 1 delay warning, 1 complaint, "
                       "1 mail that is no report. "), text
causes = [tuple(m) for m in re.findall(r"^ +(\d+)  ([a-z-]+)$", "\n".join(tail), re.M)]
assert causes[0] == ("2", "recipient-unknown") and sorted(causes)[0] == ("1", "mailbox-full"), causes
assert sum(int(n) for n, _ in causes) == 4, causes
assert "Addresses: 1 to remove" in text and " 2 to keep." in text, text
assert "--only address-is-bad --format addresses" in text
assert max(map(len, tail)) <= 80, tail
END
bounce --only temporary "$tmp/one.eml" "$tmp/full.eml" "$tmp/late.eml"
has out '3 messages: 2 failures, 1 delay warning.'
has out 'Shown with --only: 2 reports.'
lacks out recipient-unknown
has out 'Addresses: 0 to remove'
lacks out 'To list those'
bounce --only virus "$tmp/one.eml"
same 'a table without rows' "$(cat "$tmp/out")" '1 message: 1 failure.
Shown with --only: 0 reports.'

# --- csv

python3 - "$tmp" <<'END' || complain 'letters for csv'
import os, sys
from letters import *
os.chdir(sys.argv[1])
put("=1+1.eml", dsn("bob@example.com", original='=HYPERLINK("http://x";"y"), "quoted"',
                    reply='550 5.1.1 +cmd|" /C calc"!A0; a,b\n and a second line'))
put("at.eml", dsn("-bob@example.com", original="@SUM(1)"))
END
(cd "$tmp" && "$mailwhy" bounce --format csv =1+1.eml at.eml plain.eml - <one.eml >out 2>err) ||
	complain 'status of csv'
python3 - "$tmp/out" <<'END' || complain 'csv'
import csv, sys
data = open(sys.argv[1], newline="", encoding="utf-8").read()
assert data.count("\n") == 4, data
rows = list(csv.DictReader(data.splitlines(keepends=True), strict=True))
assert list(rows[0]) == """file kind recipient reply status category permanence fault action
address_is_bad delayed provider remote format message_id sender subject text summary""".split()
assert all(None not in r and None not in r.values() for r in rows)
assert rows[0]["file"] == "'=1+1.eml", rows[0]
assert rows[0]["subject"] == "'" + '=HYPERLINK("http://x";"y"), "quoted"', rows[0]
assert rows[0]["text"] == "'" + '+cmd|" /C calc"!A0; a,b and a second line', rows[0]
assert rows[1]["subject"] == "'@SUM(1)", rows[1]
assert rows[1]["recipient"] == "-bob@example.com", rows[1]
assert rows[2]["file"] == "-" and rows[2]["recipient"] == "bob@example.com", rows[2]
assert (rows[2]["reply"], rows[2]["status"], rows[2]["address_is_bad"], rows[2]["delayed"]) == \
    ("550", "5.1.1", "true", "false"), rows[2]
assert rows[2]["sender"] == "jane@example.org" and rows[2]["message_id"] == "one@example.org"
END
bounce --format csv "$bounces"
"$mailwhy" bounce --json "$bounces" >"$tmp/json"
python3 - "$tmp/out" "$tmp/json" <<'END' || complain 'csv and JSON tell different things'
import csv, json, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="", encoding="utf-8"), strict=True))
objects = [o for o in map(json.loads, open(sys.argv[2], encoding="utf-8")) if o["kind"] != "none"]
assert len(rows) == len(objects) > 100, (len(rows), len(objects))
for row, o in zip(rows, objects):
    for key, value in row.items():
        want = "" if o[key] is None else str(o[key]).lower() if type(o[key]) is bool else o[key]
        if key not in ("recipient", "sender") and want[1:] and want[0] in "=+-@":
            want = "'" + want
        assert value == want, (o["file"], key, value, want)
END
bounce --format csv "$tmp/empty"
same 'csv of nothing' "$(wc -l <"$tmp/out")" 1

# --- addresses

bounce --format addresses "$tmp/one.eml" "$tmp/plain.eml" "$tmp/two.eml" "$tmp/one.eml"
same addresses "$(tr '\n' ' ' <"$tmp/out")" \
	'bob@example.com a@example.com b@example.com bob@example.com '
bounce --format addresses "$tmp/plain.eml"
is_empty out

# --- --only

"$mailwhy" bounce --json "$bounces" >"$tmp/all"
# only PYTHON OPTION...: prints exactly those of tests/bounces for which PYTHON holds.
only()
{
	test=$1
	shift
	bounce --json "$@" "$bounces"
	same "status of $*" "$rc" 0
	python3 - "$tmp/all" "$tmp/out" "$test" <<'END' || complain "$*"
import json, sys
test = eval("lambda o: " + sys.argv[3])
wanted = [line for line in open(sys.argv[1]) if test(json.loads(line))]
found = open(sys.argv[2]).readlines()
assert wanted, "no such report in tests/bounces"
assert found == wanted, (len(found), len(wanted))
END
}
for kind in bounce auto-reply complaint delivered none; do
	only "o['kind'] == '$kind'" --only "$kind"
done
only "o['permanence'] == 'permanent'" --only permanent
only "o['permanence'] == 'temporary'" --only temporary
only "o['category'] == 'mailbox-full'" --only mailbox-full
only "o['action'] == 'ask-recipient'" --only ask-recipient
only "o['address_is_bad']" --only address-is-bad
only "o['delayed']" --only delayed
only "o['category'] in ('mailbox-full', 'virus')" --only mailbox-full,virus
only "o['category'] in ('mailbox-full', 'virus')" --only virus --only=mailbox-full
only "o['category'] == 'mailbox-full' and o['permanence'] == 'permanent'" \
	--only mailbox-full,permanent
only "o['permanence'] in ('permanent', 'temporary') and o['action'] == 'review'" \
	--only permanent --only temporary,review
only "o['delayed'] and o['category'] == 'timeout'" --only delayed,timeout
only "o['address_is_bad'] and o['category'] != 'recipient-unknown'" \
	--only address-is-bad,recipient-disabled,domain-not-found,recipient-moved,domain-no-mail
bounce --json --only address-is-bad,complaint "$bounces"
is_empty out

# --- mbox

python3 - "$tmp" <<'END' || complain 'mboxes could not be made'
import os, sys
from letters import *
os.chdir(sys.argv[1])
one, two, three = dsn("m1@example.com"), dsn("m2@example.com"), dsn("m3@example.com")
put("box", mark + one + b"\n" + mark + plain + b"\n" + mark + two + b"\n")
put("single", mark + one + b"\n")
put("crlf", (mark + one + b"\n" + mark + two + b"\n").replace(b"\n", b"\r\n"))
body = b"From: a@example.com\nSubject: x\n\nSee below.\n\n>From me to you\n\nFrom here on, nothing.\n"
put("quoted", mark + body + b"\n" + mark + three)
# A separator inside a message whose length is told is none.
inner = b"Hello.\n\n" + mark + one
put("length", mark + b"From: a@example.com\nSubject: y\nContent-Length: %d\n\n" % len(inner) + inner
    + b"\n" + mark + two + b"\n")
END
bounce --json "$tmp/box"
same 'names in an mbox' "$(values file)" 'box#1 box#2 box#3'
same 'recipients in an mbox' "$(values recipient)" 'm1@example.com None m2@example.com'
bounce --json "$tmp/single"
same 'name in an mbox of one' "$(values file)" single
bounce --json "$tmp/crlf"
same 'an mbox with CRLF' "$(values recipient)" 'm1@example.com m2@example.com'
bounce --json "$tmp/quoted"
same '>From and From in a text' "$(values file) $(values recipient)" 'quoted#1 quoted#2 None m3@example.com'
bounce --json "$tmp/length"
same 'Content-Length' "$(values file)" 'length#1 length#2'
same 'behind Content-Length' "$(values recipient | sed 's/.* //')" m2@example.com

# --- standard input

"$mailwhy" bounce --json - <"$tmp/one.eml" >"$tmp/out" || complain 'status of input'
same 'standard input' "$(values file) $(values recipient)" '- bob@example.com'
"$mailwhy" bounce --json "$tmp/full.eml" - "$tmp/one.eml" <"$tmp/box" >"$tmp/out" ||
	complain 'status of an mbox as input'
same 'an mbox between files' "$(values file)" 'full.eml -#1 -#2 -#3 one.eml'
(sleep 0.1; head -c 700 "$tmp/one.eml"; sleep 0.1; tail -c +701 "$tmp/one.eml") |
	"$mailwhy" bounce --json - >"$tmp/out"
same 'slow input' "$(values recipient)" bob@example.com

# --- Maildir and folders

mkdir -p "$tmp/Maildir/new" "$tmp/Maildir/cur" "$tmp/Maildir/tmp" "$tmp/Maildir/.Lists/cur" \
	"$tmp/Maildir/.Lists/new" "$tmp/Maildir/.Lists/tmp" "$tmp/tree/sub/deep" "$tmp/tree/.git"
python3 - "$tmp" <<'END' || complain 'folders could not be made'
import os, sys
from letters import *
os.chdir(sys.argv[1])
for path, who in (("Maildir/new/1.a.host", "new"), ("Maildir/cur/2.b.host:2,S", "cur"),
                  ("Maildir/tmp/3.c.host", "tmp"), ("Maildir/dovecot.index", "index"),
                  ("Maildir/.Lists/cur/4.d.host:2,", "lists"), ("Maildir/.Lists/tmp/5", "tmp2"),
                  ("tree/b.eml", "b"), ("tree/a.eml", "a"), ("tree/.hidden", "hidden"),
                  ("tree/.git/x", "git"), ("tree/sub/c.eml", "c"), ("tree/sub/deep/d.eml", "d")):
    put(path, dsn(who + "@example.com"))
os.symlink("..", "tree/sub/up")
os.symlink(".", "tree/loop")
os.symlink("itself", "tree/sub/itself")
os.symlink("../b.eml", "tree/sub/e.eml")
os.symlink("tree", "link")
os.mkfifo("tree/fifo")
END
bounce --format addresses "$tmp/Maildir"
same 'status of a Maildir' "$rc" 0
same 'a Maildir' "$(tr '\n' ' ' <"$tmp/out")" 'new@example.com cur@example.com lists@example.com '
bounce --json "$tmp/tree"
same 'status of a folder with a broken link' "$rc" 66
same 'complaints of it' "$(wc -l <"$tmp/err")" 1
has err sub/itself
same 'a folder' "$(values file)" \
	'tree/a.eml tree/b.eml tree/sub/c.eml tree/sub/deep/d.eml tree/sub/e.eml'
bounce --format addresses "$tmp/link"
same 'a link to a folder' "$(wc -l <"$tmp/out")" 5
bounce --format addresses "$tmp/tree/.hidden"
same 'a hidden file that is named' "$(cat "$tmp/out")" hidden@example.com
(cat "$tmp/one.eml" >"$tmp/tree/fifo") &
bounce --format addresses "$tmp/tree/fifo"
same 'a fifo that is named' "$(cat "$tmp/out")" bob@example.com
wait
head -c 200000 /dev/urandom >"$tmp/binary"
bounce --json "$tmp/binary"
same 'status of a binary file' "$rc" 0

# --- compressed files

python3 - "$tmp" <<'END' || complain 'compressed files could not be made'
import gzip, os, random, sys
from letters import *
os.chdir(sys.argv[1])
put("one.gz", gzip.compress(dsn("bob@example.com")))
box = b"".join(mark + dsn("g%d@example.com" % i) + b"\n" for i in range(2000))
put("box.gz", gzip.compress(box[:100000]) + gzip.compress(box[100000:]))
noise = random.Random(1).randbytes(10000).hex()
cut = mark + dsn("kept@example.com") + b"\n" + mark + dsn("lost@example.com", reply="550 " + noise)
put("cut.gz", gzip.compress(cut)[:3000])
put("rubbish.gz", gzip.compress(dsn("bob@example.com")) + b"rubbish")
put("bad.gz", b"\x1f\x8b\x08rubbish")
# `zstd -19` of a short letter of qmail: Python has no zstd of its own.
put("qmail.zst", bytes.fromhex("""
28b52ffd6415002d0600420e2c184079036bbc8ddc46c81a75afcc0c4458eadcf9d90c4fd6b8353c73f885a5
ebdf97130221143e14851bdab5dbc99d3b7f32e3a7aa81e09c2558c68e5a85fd7bbfd634eb5c78cf0c8279e3
ecde8f5d973975fde6055ff34cfa8398751208b73dfd71ed5abd59c7c0530527ad63abb9ac45d7c2dfc1e8df
91beafefdb592e5ca7d6cf2e99437f5d82d76e6e90d97b5859251f5acf8d6c554e67e141115bf405f05a9c48
53c4284b4031d0a3446ee0ac9b060003cd18cec68e05a3884b130e8a919b7a557262b3"""))
END
bounce --format addresses "$tmp/one.gz"
if grep -q 'not supported by this build' "$tmp/err"; then
	same 'status of a .gz that cannot be read' "$rc" 66
else
	same 'a .gz' "$(cat "$tmp/out")" bob@example.com
	same 'status of a .gz' "$rc" 0
	"$mailwhy" bounce --json - <"$tmp/box.gz" >"$tmp/out"
	same 'an mbox in two members' "$(wc -l <"$tmp/out")" 2000
	same 'its names' "$(values file | sed 's/.* //')" '-#2000'
	bounce --json "$tmp/cut.gz" "$tmp/one.eml"
	same 'status of a .gz cut short' "$rc" 66
	has err "$tmp/cut.gz: the compressed data end early"
	same 'in front of the damage, and the next file' \
		"$(values recipient | sed 's/ lost@example.com//')" 'kept@example.com bob@example.com'
	bounce "$tmp/rubbish.gz" "$tmp/bad.gz"
	same 'status of damaged .gz' "$rc" 66
	same 'complaints of damaged .gz' "$(wc -l <"$tmp/err")" 2
	has out bob@example.com
	has out '2 unreadable files.'
	# A damaged file gives back what it holds: more of them than may be open.
	mkdir "$tmp/damaged"
	for i in $(seq 100); do
		cp "$tmp/bad.gz" "$tmp/damaged/$i.gz"
	done
	rc=0
	# shellcheck disable=SC3045
	(ulimit -n 40 && "$mailwhy" bounce --jobs 2 --json "$tmp/damaged" "$tmp/one.eml") \
		>"$tmp/out" 2>"$tmp/err" || rc=$?
	same 'status of many damaged files' "$rc" 66
	lacks err 'open files'
	same 'behind many damaged files' "$(values recipient)" bob@example.com
	bounce --format addresses "$tmp/qmail.zst"
	same 'a .zst' "$(cat "$tmp/out")" bob@example.com
	same 'status of a .zst' "$rc" 0
	head -c 60 "$tmp/qmail.zst" >"$tmp/cut.zst"
	bounce "$tmp/cut.zst"
	same 'status of a .zst cut short' "$rc" 66
	if command -v zstd >/dev/null; then
		zstd -q -c "$tmp/box" | "$mailwhy" bounce --json - >"$tmp/out"
		same 'an mbox of the zstd tool' "$(values recipient)" 'm1@example.com None m2@example.com'
	fi
fi

# --- the order is kept, whatever the number of threads

mkdir "$tmp/many"
for i in 1 2 3; do
	mkdir "$tmp/many/$i"
	cp "$bounces"/*.eml "$tmp/many/$i"
done
for format in json table csv addresses; do
	"$mailwhy" bounce --jobs 1 --format "$format" "$tmp/many" "$tmp/box" >"$tmp/wanted"
	for jobs in 2 4 64; do
		"$mailwhy" bounce --jobs "$jobs" --format "$format" "$tmp/many" "$tmp/box" >"$tmp/out" ||
			complain "status of --jobs $jobs --format $format"
		cmp -s "$tmp/out" "$tmp/wanted" || complain "--jobs $jobs --format $format differs"
	done
done

# --- the end of output

(
	"$mailwhy" bounce --json "$tmp/many" "$tmp/many" 2>"$tmp/err"
	echo $? >"$tmp/rc"
) | head -1 >"$tmp/out"
same 'status before | head -1' "$(cat "$tmp/rc")" 0
is_empty err
same 'its line' "$(wc -l <"$tmp/out")" 1
if [ -w /dev/full ]; then
	for format in json table csv addresses; do
		rc=0
		"$mailwhy" bounce --format "$format" "$tmp/many" >/dev/full 2>"$tmp/err" || rc=$?
		same "status of $format on a full disk" "$rc" 74
		same "$format: a full disk is told once" "$(wc -l <"$tmp/err")" 1
	done
	rc=0
	"$mailwhy" bounce --fail-on bounce "$tmp/one.eml" >/dev/full 2>"$tmp/err" || rc=$?
	same 'status of --fail-on on a full disk' "$rc" 74
fi
rc=0
"$mailwhy" bounce "$tmp/one.eml" >&- 2>"$tmp/err" || rc=$?
same 'status with closed output' "$rc" 74

# --- nothing that a terminal obeys comes through

mkdir "$tmp/evil"
python3 - "$tmp" <<'END' || complain 'evil letters could not be made'
import os, sys
from letters import *
os.chdir(sys.argv[1])
evil = b"a\x1b[2J\x1b]0;t\x07b\xc2\x9bc\xe2\x80\xaed\x7fe\x08\xff\x9b1m"
put("evil/1.eml", dsn(evil + b"@example.com", subject=evil, original=evil, reply=b"550 5.1.1 " + evil))
put("evil/2.eml", dsn(b'"' + evil + b'"@example.com'))
put("evil/3.eml", dsn(b"bob@" + evil + b".example.com", original=b"=?utf-8?q?=1b=5b2J=e2=80=ae?="))
put(b"evil/4\x1b[2J\xc2\x9b\xff\n.eml", dsn("bob@example.com"))
os.symlink("nothing", b"evil/5\x1b[2J\xc2\x9b")
END
for format in table addresses csv json; do
	bounce --format "$format" "$tmp/evil"
	same "status of evil letters as $format" "$rc" 66
	[ -s "$tmp/out" ] || complain "evil letters as $format: nothing is told"
	[ "$format" = json ] || is_harmless out
	is_harmless err
done
python3 "$tmp/fields.py" "$tmp/out" >/dev/null || true # what is odd in them is told as it is
python3 -c 'import json, sys
for line in open(sys.argv[1], "rb").read().decode("utf-8").split("\n")[:-1]:
    assert all(ord(c) >= 32 for c in line)
    json.loads(line)' "$tmp/out" || complain 'evil letters give broken JSON'
exits 66 "$mailwhy" bounce "$tmp/$(printf 'no\033[2J\302\233such\377')"
is_harmless err

# --- charsets

python3 - "$tmp" <<'END' || complain 'letters in other charsets could not be made'
import os, sys
from letters import *
os.chdir(sys.argv[1])
def header(text, charset):
    import base64
    return "=?%s?B?%s?=" % (charset, base64.b64encode(text.encode(charset)).decode())
put("ja.eml", dsn("bob@example.com", original=header("会議のお知らせ", "iso-2022-jp")))
put("ru.eml", dsn("bob@example.com", original=header("Привет из Москвы", "koi8-r")))
def notice(charset, text):
    return (b"From: MAILER-DAEMON@mail.example.org\nTo: jane@example.org\n"
            b"Subject: failure notice\nMIME-Version: 1.0\n"
            b"Content-Type: text/plain; charset=%s\nContent-Transfer-Encoding: 8bit\n\n"
            b"Hi. This is the qmail-send program at mail.example.org.\n"
            b"I'm afraid I wasn't able to deliver your message to the following addresses.\n\n"
            b"<bob@example.com>:\n192.0.2.1 does not like recipient.\n"
            b"Remote host said: 550 5.1.1 %s\nGiving up on 192.0.2.1.\n"
            % (charset.encode(), text.encode(charset)))
put("ja2.eml", notice("iso-2022-jp", "該当するユーザーがいません"))
put("ru2.eml", notice("koi8-r", "Пользователь не найден"))
END
bounce --json "$tmp/ja.eml" "$tmp/ru.eml"
same 'subjects in other charsets' "$(values subject)" '会議のお知らせ Привет из Москвы'
bounce --json "$tmp/ja2.eml" "$tmp/ru2.eml"
has out 該当するユーザーがいません
has out 'Пользователь не найден'
same 'reply in other charsets' "$(values reply)" '550 550'

# --- a terminal: width, progress

python3 - "$mailwhy" "$tmp" <<'END' || complain 'on a terminal'
import fcntl, os, pty, struct, sys, termios, threading, time

mailwhy, tmp = sys.argv[1:]
from letters import *

def on_terminal(args, columns=80, out=None, term="xterm", feed=None):
    """What reaches a terminal; standard output goes there too unless it is to `out`."""
    inside, outside = os.pipe()
    ready, go = os.pipe()
    pid, fd = pty.fork()
    if pid == 0:
        os.read(ready, 1)
        os.environ["TERM"] = term
        os.dup2(inside, 0)
        os.close(outside)
        if out:
            os.dup2(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        os.execv(mailwhy, [mailwhy, "bounce", *args])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    os.write(go, b"x")
    os.close(inside)

    def give():
        for data in feed or []:
            try:
                os.write(outside, data)
            except OSError:
                break
        os.close(outside)
    giver = threading.Thread(target=give)
    giver.start()
    told = b""
    while True:
        try:
            more = os.read(fd, 65536)
        except OSError:
            break
        if not more:
            break
        told += more
    os.waitpid(pid, 0)
    giver.join()
    os.close(fd)
    return told

try:
    for end in os.openpty():
        os.close(end)
except OSError:
    sys.exit(print("no pseudo-terminal in this tree (mount devpts): width and progress not "
                   "looked at", file=sys.stderr))

put(tmp + "/wide.eml", dsn([b"a" * 70 + b"@example.com", "利用者利用者利用者利用者@example.com".encode(),
                            "bob@example.com"]))
for columns in 40, 60, 79, 80, 94, 120, 200:
    lines = on_terminal([tmp + "/wide.eml", tmp + "/late.eml", tmp + "/many/1"], columns)
    lines = lines.decode().replace("\r", "").split("\n")
    wide = [l for l in lines if len(l) > columns and "--format" not in l]
    assert not wide, (columns, wide)
    assert any("recipient-unknown" in l and "bob@example.com" in l for l in lines), columns
    assert not any("\x1b" in l for l in lines), columns
assert b"delayed" in on_terminal([tmp + "/late.eml"], 80)

# Long enough by its clock, not by its size.
def slowly():
    box = b"".join(mark + plain + b"\n" for _ in range(64))
    for _ in range(12):
        yield box
        time.sleep(0.1)
told = on_terminal(["--json", "-"], out=tmp + "/out", feed=slowly())
assert b"messages, " in told and b"\x1b[K" in told, told
assert told.endswith(b"\r\x1b[K"), told
assert b"\x1b" not in open(tmp + "/out", "rb").read()
assert on_terminal(["--quiet", "--json", "-"], out=tmp + "/out", feed=slowly()) == b""
assert on_terminal(["--json", "-"], out=tmp + "/out", term="dumb", feed=slowly()) == b""
END

finish
