# mailwhy explain, as people and scripts call it.
. "$(dirname "$0")/check.inc"

# --- exit statuses

exits 0 "$mailwhy" 550
has out 550
is_empty err
exits 0 "$mailwhy" explain 550
exits 0 "$mailwhy" '250 2.1.5 Ok'
exits 0 "$mailwhy" 'no reply at all'
exits 0 "$mailwhy" 600
exits 0 "$mailwhy" ''
exits 0 "$mailwhy" -- -1
exits 0 "$mailwhy" --help
has out 'usage:'
exits 0 "$mailwhy" explain --help
has out '--stage STAGE'
exits 0 "$mailwhy" --version
has out mailwhy
exits 64 "$mailwhy"
is_empty out
has err '--help'
exits 64 "$mailwhy" explain
exits 64 "$mailwhy" --no-such-option 550
is_empty out
has err '--no-such-option'
exits 64 "$mailwhy" 550 --stage
exits 64 "$mailwhy" --stage lunch 550
has err content
exits 64 "$mailwhy" --stage=lunch 550
exits 64 "$mailwhy" --for everyone 550
has err developer
exits 64 "$mailwhy" --provider no-such-provider 550
exits 64 "$mailwhy" --json=yes 550
exits 66 "$mailwhy" --rules "$tmp/no-such-file" 550
is_empty out
has err no-such-file
exits 66 "$mailwhy" --rules "$tmp" 550
printf 'rule a\n\tcolour red\n' >"$tmp/bad.rules"
exits 78 "$mailwhy" --rules "$tmp/bad.rules" 550
is_empty out
has err "bad.rules:2:9: "
exits 78 "$mailwhy" --config "$tmp/no-such-file" 550

# --- one object a reply, every field of its type

check_json()
{
	python3 - "$tmp/out" "$1" <<'END' || complain "JSON: $2"
import json, re, sys

categories = """unknown recipient-unknown recipient-disabled recipient-moved recipient-restricted
mailbox-full domain-not-found domain-no-mail routing-loop message-too-large message-malformed
spam-content virus content-policy sender-rejected sender-authentication reputation-ip
reputation-domain reverse-dns relay-denied auth-required auth-failed tls-required tls-failed
protocol-error rate-limited too-many-connections too-many-recipients greylisted server-busy
server-full server-misconfigured policy connection-failed timeout expired suppressed delivered
auto-reply complaint""".split()
actions = """none retry retry-slower slow-down remove-address update-address ask-recipient
stop-sending fix-message shrink-message fix-dns fix-authentication log-in use-tls request-delisting
fix-configuration check-network review""".split()
stages = "dns connect tls ehlo auth mail rcpt data content queue local".split()
faults = "recipient recipient-server sender sender-server message network nobody".split()

def text(v): return isinstance(v, str)
def null_or(test): return lambda v: v is None or test(v)
def of(words): return lambda v: v in words
def strings(v): return isinstance(v, list) and all(map(text, v))
def code(v): return text(v) and len(v) == 3 and v.isdigit() and "100" <= v <= "599"
def status(v):
    p = v.split(".") if text(v) else []
    return len(p) == 3 and p[0] in "245" and all(n.isdigit() and len(n) < 4 for n in p)
def seconds(v): return type(v) is int and 0 < v <= 7 * 86400
def keys(*names): return lambda v: isinstance(v, dict) and set(v) >= set(names) and \
    all(map(text, v.values()))

fields = {
    "file": null_or(text), "kind": of("bounce auto-reply complaint delivered none".split()),
    "recipient": null_or(text), "stage": null_or(of(stages)), "reply": null_or(code),
    "status": null_or(status), "status_derived": null_or(status), "text": text,
    "remote": null_or(text), "provider": null_or(text), "category": of(categories),
    "permanence": of("permanent temporary none".split()), "fault": of(faults),
    "action": of(actions), "address_is_bad": lambda v: type(v) is bool,
    "retry_after": null_or(seconds),
    "confidence": of("provider-text text status code class none".split()),
    "rule": null_or(lambda v: text(v) and ":" in v), "summary": lambda v: text(v) and v != "",
    "remedy": strings, "references": strings, "code_meaning": null_or(text),
    "digits": null_or(keys("first", "second", "third")), "blocklist": null_or(keys("name", "url")),
}
wrong = 0

def say(*what):
    global wrong
    wrong += 1
    print(*what)

lines = open(sys.argv[1], "rb").read().decode("utf-8").split("\n")
if lines.pop() != "":
    say("the last line has no end")
if len(lines) != int(sys.argv[2]):
    say(len(lines), "objects, not", sys.argv[2])
for n, line in enumerate(lines, 1):
    o = json.loads(line, object_pairs_hook=lambda p: dict(p) if len(dict(p)) == len(p) else
                   say(n, "a field stands twice") or dict(p))
    for name, good in fields.items():
        if name not in o:
            say(n, name, "is missing")
        elif not good(o[name]):
            say(n, name, repr(o[name]))
    for prose in [o["summary"], *o["remedy"]]:
        if re.search(r"[{}]|  | [,.;:](\s|$)", prose):
            say(n, "prose:", prose)
    if any(ord(c) < 32 for c in o["text"]):
        say(n, "the text has line ends:", o["text"])
    if o["reply"] and o["reply"][0] in "2345" and o["permanence"] != \
            {"2": "none", "3": "none", "4": "temporary", "5": "permanent"}[o["reply"][0]]:
        say(n, o["reply"], o["permanence"])
    if o["status"] and o["status_derived"]:
        say(n, "a status is stated and derived")
    if o["address_is_bad"] and o["permanence"] != "permanent":
        say(n, "a bad address, and not for good")
    if (o["confidence"] in ("text", "provider-text")) != (o["rule"] is not None) and not o["blocklist"]:
        say(n, o["confidence"], o["rule"])
    if o["permanence"] != "none" and not o["remedy"]:
        say(n, "no remedy")
sys.exit(1 if wrong else 0)
END
}

# from_input OPTION...: explains $tmp/in
from_input()
{
	rc=0
	"$mailwhy" explain "$@" - <"$tmp/in" >"$tmp/out" 2>"$tmp/err" || rc=$?
}

cp "$examples/replies.txt" "$tmp/in"
from_input --json
same 'status of examples' "$rc" 0
check_json "$(wc -l <"$examples/replies.txt")" 'examples/replies.txt'
is_empty err

seq 0 1100 >"$tmp/in"
from_input --json
check_json 1101 'every number'

python3 - >"$tmp/in" <<'END'
import random, sys
r = random.Random(20260214)
pieces = [b"550", b" 5.1.1 ", b"\x00", b"\x1b[31m", b"\xff", b"\xc3\xa4", b'"', b"\\", b"\\n", b"{ip}",
          b"\x9b", b"\xe2\x80\xae", b"=?utf-8?q?=22=5C?=", b"said: 421 ", b"<a@example.org>", b" user",
          b" unknown ", b"\t", b"\r", b"mailbox full ", b"zen.spamhaus.org "]
for i in range(2000):
    sys.stdout.buffer.write(b"".join(r.choice(pieces) for _ in range(12)) + b"\n")
END
from_input --json
same 'status of random input' "$rc" 0
python3 - "$tmp/out" <<'END' || complain 'random input gives broken JSON'
import json, sys
lines = open(sys.argv[1], "rb").read().decode("utf-8").splitlines()
assert len(lines) == 2000, len(lines)
for line in lines:
    json.loads(line)
END
from_input
is_harmless out

exits 0 "$mailwhy" --json 550 '450 4.2.2 Mailbox full' 5.7.26
check_json 3 'several arguments'
same 'the order of arguments' "$(python3 -c 'import json, sys
print(*[json.loads(l)["reply"] for l in open(sys.argv[1])])' "$tmp/out")" '550 450 None'

exits 0 "$mailwhy" --json '550 5.7.1 Client host [192.0.2.25] blocked using dnsbl.sorbs.net'
check_json 1 'a blocklist without a page'

# --- standard input

printf '550\r\n\n421 4.7.0 busy\n5.1.1' >"$tmp/in"
from_input --json
check_json 4 'the n-th object answers the n-th line'
same 'lines of input' "$(python3 -c 'import json, sys
print(*[json.loads(l)["reply"] for l in open(sys.argv[1])])' "$tmp/out")" '550 None 421 None'
printf '550\n' | "$mailwhy" --json 421 - 251 >"$tmp/out" || complain 'arguments around -'
same 'input between arguments' "$(python3 -c 'import json, sys
print(*[json.loads(l)["reply"] for l in open(sys.argv[1])])' "$tmp/out")" '421 550 251'
printf '550-5.1.1 a\r\n550 5.1.1 b\r\n\000421 c\n\000' >"$tmp/in"
from_input --json -0
check_json 2 'records of several lines'
same 'a record of several lines' "$(head -1 "$tmp/out" | python3 -c 'import json, sys
print(json.load(sys.stdin)["text"])')" 'a b'
printf '550\000421' | "$mailwhy" explain -0 --json >"$tmp/out" || complain '-0 alone reads standard input'
check_json 2 '-0 without -'
: >"$tmp/in"
from_input --json
same 'status of empty input' "$rc" 0
is_empty out
rc=0
"$mailwhy" - <&- >"$tmp/out" 2>"$tmp/err" || rc=$?
same 'status of closed input' "$rc" 74
rc=0
"$mailwhy" - <"$tmp" >"$tmp/out" 2>"$tmp/err" || rc=$?
same 'status of a folder as input' "$rc" 74

# --- what is too long loses its end, in bounded memory

python3 - "$mailwhy" <<'END' || complain 'long records'
import json, resource, subprocess, sys

def run(data, *options):
    p = subprocess.run([sys.argv[1], "explain", "--json", *options, "-"], input=data,
                       capture_output=True)
    return p, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss

limit = 65536
for n, end in ((limit - 1, b"\n"), (limit, b"\n"), (limit, b"")):
    p, _ = run(b"550 " + b"x" * (n - 4) + end)
    assert p.returncode == 0, (n, end, p.returncode, p.stderr)
    assert p.stderr == b"", p.stderr
    json.loads(p.stdout)
for n in (limit + 1, limit + 2, 10 * limit):
    p, few = run(b"550 " + b"x" * (n - 4) + b"\n421 next\n")
    assert p.returncode == 65, (n, p.returncode)
    assert b"-:1: " in p.stderr, p.stderr
    first, second = p.stdout.splitlines()
    assert json.loads(first)["reply"] == "550"
    assert json.loads(second)["reply"] == "421"
p, _ = run(b"550 " + b"x" * limit + b"\n", "--quiet")
assert p.returncode == 65 and p.stderr == b"", (p.returncode, p.stderr)
# Fed by another process: what this one holds would be counted with a child's memory.
feed = subprocess.Popen(["head", "-c", str(64 << 20), "/dev/zero"], stdout=subprocess.PIPE)
p = subprocess.run([sys.argv[1], "explain", "--json", "-"], stdin=feed.stdout, capture_output=True)
many = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
assert p.returncode == 65, p.returncode
assert many - few < 16 * 1024, (few, many)
p, many = run(b"550\n" * 200000)
assert p.returncode == 0 and p.stdout.count(b"\n") == 200000
assert many - few < 16 * 1024, (few, many)
END
# A sanitizer takes terabytes of addresses for itself, so only a plain build is held to this.
if sh -c "ulimit -v 100000 && exec '$mailwhy' 550" >/dev/null 2>&1; then
	(ulimit -v 100000 && head -c 67108864 /dev/zero | tr '\0' x | "$mailwhy" - >/dev/null 2>&1)
	same 'status of 64 MB in 100 MB' $? 65
fi

# --- context

same 'no stage' "$(field 550 stage)" None
same '--stage rcpt' "$(field 550 stage --stage rcpt)" rcpt
same '--stage=rcpt' "$(field 550 stage --stage=rcpt)" rcpt
[ "$(field 550 category --stage rcpt)" != "$(field 550 category --stage connect)" ] ||
	complain '550 means the same at RCPT and at the greeting'
same '--provider' "$(field 550 provider --provider gmail)" gmail
printf 'rule theirs\n\tprovider acme\n\tknown\n\tcategory virus\n\ttext zebra words\n' >"$tmp/acme.rules"
printf '\texample 550 zebra words\n' >>"$tmp/acme.rules"
same 'a provider of the rules alone' \
	"$(field '550 zebra words' rule --rules "$tmp/acme.rules" --provider acme)" acme:theirs
same 'the rules of the user' \
	"$(field '550 Mailbox asleep' rule --rules "$examples/our.rules")" our:archive-asleep
same 'rules from standard input' \
	"$("$mailwhy" --json --rules - '550 Mailbox asleep' <"$examples/our.rules" | grep -c archive-asleep)" 1
"$mailwhy" codes --json >"$tmp/codes"
python3 - "$mailwhy" "$tmp/codes" <<'END' || complain '--for'
import json, subprocess, sys
code = [c for c in map(json.loads, open(sys.argv[2])) if c["code"] == "503"][0]
for who in "sender", "admin", "developer", "receiver":
    out = subprocess.run([sys.argv[1], "--json", "--for", who, "503"], capture_output=True).stdout
    first = json.loads(out)["remedy"][0]
    assert first == code[who][0] or "{" in code[who][0], (who, first)
END

# --- nothing that a terminal obeys comes through

evil=$(printf '550 5.7.1 a\033[2J\033]0;t\007b\302\233c\342\200\256d\177e\rf')
exits 0 "$mailwhy" "$evil"
is_harmless out
exits 0 "$mailwhy" --json "$(printf '550 5.7.1 a\033[2J\033]0;t\007b\302\233c\177e\rf')"
is_harmless out
exits 64 "$mailwhy" --stage "$evil" 550
is_harmless err
exits 64 "$mailwhy" --for "$evil" 550
is_harmless err
exits 64 "$mailwhy" --provider "$evil" 550
is_harmless err
exits 64 "$mailwhy" "--$evil"
is_harmless err
exits 66 "$mailwhy" --rules "$evil" 550
is_harmless err

# --- bold only on a terminal that wants it

python3 - "$mailwhy" <<'END' || complain 'bold text'
import os, pty, re, sys

def on_terminal(args, **env):
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.pop("NO_COLOR", None)
        os.environ["TERM"] = "xterm"
        for name, value in env.items():
            os.environ[name] = value
        os.execv(sys.argv[1], [sys.argv[1], *args])
    out = b""
    while True:
        try:
            more = os.read(fd, 4096)
        except OSError:
            break
        if not more:
            break
        out += more
    assert os.waitpid(pid, 0)[1] == 0
    return out

def is_plain(out):
    return b"\x1b" not in out

try:
    os.close(os.openpty()[0])
except OSError:
    sys.exit(print("no pseudo-terminal in this tree (mount devpts): bold text not looked at",
                   file=sys.stderr))

assert not is_plain(on_terminal(["550"]))
assert not is_plain(on_terminal(["550"], NO_COLOR=""))
assert is_plain(on_terminal(["550"], NO_COLOR="1"))
assert is_plain(on_terminal(["550"], TERM="dumb"))
assert is_plain(on_terminal(["--no-color", "550"]))
assert is_plain(on_terminal(["--json", "550"]))
out = on_terminal(["550 a\x1b[5mb\x1b]0;x\x07"])
assert is_plain(re.sub(rb"\x1b\[[01]?m", b"", out)), out
assert b"\x07" not in out
END
exits 0 env -u NO_COLOR TERM=xterm "$mailwhy" 550
is_harmless out

# --- text for people

exits 0 "$mailwhy" "$(printf '550 5.7.26 Your email has been blocked %0300d' 0)" 550
python3 - "$tmp/out" <<'END' || complain 'a line is wider than 80 columns'
import sys
lines = open(sys.argv[1], encoding="utf-8").read().splitlines()
wide = [l for l in lines if len(l) > 80 and " " in l.strip() and "://" not in l and "000" not in l]
for line in wide:
    print(line)
sys.exit(1 if wide else 0)
END
while IFS= read -r reply; do
	"$mailwhy" -- "$reply" >"$tmp/out" || complain "status of $reply"
	is_harmless out
	lacks out '{'
done <<'END'
550
5.7.26
600
421 4.7.0 [TSS04] Messages from 192.0.2.25 temporarily deferred
550 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using zen.spamhaus.org
550 5.7.1 Client host blocked using dnsbl.sorbs.net
452 4.2.2 Mailbox full
250 Ok
END

# --- the end of output

yes '550 5.1.1 User unknown' | head -20000 >"$tmp/in"
for options in '' --json; do
	# shellcheck disable=SC2086
	("$mailwhy" $options - <"$tmp/in" 2>"$tmp/err"; echo $? >"$tmp/rc") | head -1 >/dev/null
	same "status before | head -1 $options" "$(cat "$tmp/rc")" 0
	is_empty err
done
if [ -w /dev/full ]; then
	for command in '550' '--json 550' '--help' '--version' 'explain --help'; do
		rc=0
		# shellcheck disable=SC2086
		"$mailwhy" $command >/dev/full 2>"$tmp/err" || rc=$?
		same "status of $command on a full disk" "$rc" 74
		[ -s "$tmp/err" ] || complain "$command: a full disk is not told"
	done
	rc=0
	"$mailwhy" - <"$tmp/in" >/dev/full 2>"$tmp/err" || rc=$?
	same 'status of input on a full disk' "$rc" 74
	same 'a full disk is told once' "$(wc -l <"$tmp/err")" 1
fi
rc=0
"$mailwhy" 550 >&- 2>"$tmp/err" || rc=$?
same 'status with closed output' "$rc" 74

finish
