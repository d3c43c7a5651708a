# mailwhy send and sendmail: what is said to whom, exit statuses, what the message becomes.
. "$(dirname "$0")/check.inc"
. "$here/server.inc"
# The private queues are made here, so that the end can look for what is left of them.
mkdir "$tmp/mail" "$tmp/private"
TMPDIR=$tmp/private
export TMPDIR

# start NAME OPTION...: a server; what it listens on is in $tmp/NAME.ready.
start()
{
	name=$1
	shift
	server_err=$tmp/$name.err
	: >"$tmp/$name.ready"
	"$mailwhy" serve --quiet --ready-fd 3 "$@" 3>"$tmp/$name.ready" >"$tmp/$name.log" 2>"$server_err" </dev/null &
	pids="$pids $!"
	await "$name" grep -q . "$tmp/$name.ready"
}

# at NAME KIND: where it listens.
at()
{
	tr ' ' '\n' <"$tmp/$1.ready" | grep -x -A1 "$2" | sed -n 2p
}

# gives STATUS COMMAND...: with the message of $tmp/message on standard input.
gives()
{
	want=$1
	shift
	rc=0
	"$@" >"$tmp/out" 2>"$tmp/err" <"$tmp/message" || rc=$?
	[ "$rc" = "$want" ] || complain "exit status $rc, not $want: $*: $(head -c 500 "$tmp/err" "$tmp/out")"
}

# json EXPRESSION: true of `all`, the objects in what was printed.
json()
{
	python3 -c 'import json, sys
all = [json.loads(l) for l in open(sys.argv[1], encoding="utf-8")]
sys.exit(0 if eval(sys.argv[2]) else str(all)[:500])' "$tmp/out" "$1" 2>"$tmp/said" ||
		complain "not $1: $(tail -1 "$tmp/said")"
}

# kept EXPRESSION: true of `text`, the newest message that the test server keeps.
kept()
{
	python3 -c 'import http.client, json, sys
def get(path):
    c = http.client.HTTPConnection(sys.argv[1], timeout=20)
    c.request("GET", path)
    return c.getresponse().read()
all = json.loads(get("/messages"))
all = all["messages"] if isinstance(all, dict) else all
newest = max(all, key=lambda m: int(m["id"]))
text = get("/messages/%s/raw" % newest["id"]).decode("utf-8")
sys.exit(0 if eval(sys.argv[2]) else text[:800])' "$(at receiver http)" "$1" 2>"$tmp/said" ||
		complain "the message is not $1: $(cat "$tmp/said")"
}

# --- the command line

printf 'Subject: hello\n\nhi\n' >"$tmp/message"
gives 0 "$mailwhy" send --help
has out --via
gives 0 "$mailwhy" sendmail --help
gives 64 "$mailwhy" send
gives 64 "$mailwhy" send --no-such-option a@example.org
gives 64 "$mailwhy" send --tls perhaps a@example.org
gives 64 "$mailwhy" send --user me a@example.org
gives 64 "$mailwhy" send --queue --via 127.0.0.1:1 a@example.org
gives 64 "$mailwhy" send --from 'a b' a@example.org
gives 66 "$mailwhy" send --via 127.0.0.1:1 --user me --password-file "$tmp/none" a@example.org
gives 78 "$mailwhy" send --via nonsense a@example.org
gives 78 "$mailwhy" send --config "$tmp/none.conf" a@example.org
for bad in 'a' 'a@' '@b' 'a b@c' 'a@b c' 'a@b>' '<a@b' "$(printf 'a@b\r\nRCPT TO:<c@d>')" \
	"$(printf 'a\n@b')" "$(printf 'a@b\033[2J')"; do
	gives 64 "$mailwhy" send --via 127.0.0.1:1 "$bad"
	is_harmless err
	gives 64 "$mailwhy" send --via 127.0.0.1:1 --from "$bad" a@example.org
done
: >"$tmp/message"
gives 65 "$mailwhy" send --via 127.0.0.1:1 a@example.org
has err empty

# --- to a server that answers as the address says

start receiver --listen 127.0.0.1:0 --http 127.0.0.1:0 --scenario builtin --spool "$tmp/receiver"
via=$(at receiver smtp)
printf 'Subject: hello\n\nhi\n.\n..dots\nlast' >"$tmp/message"
send()
{
	status=$1
	shift
	gives "$status" "$mailwhy" send --from me@example.org --via "$via" "$@"
}
send 0 ok@scenario.test
has out 'ok@scenario.test'
has out delivered
is_empty err
kept '"\r\n\r\nhi\r\n.\r\n..dots\r\nlast\r\n" in text'
kept '"\r\nFrom: me@example.org\r\n" in text and "\r\nDate: " in text and "\r\nMessage-ID: <" in text'
send 67 rcpt-550-5.1.1@scenario.test
has out recipient-unknown
send 75 rcpt-450-4.7.1@scenario.test
has err 'send it again later'
send 75 --quiet rcpt-450-4.7.1@scenario.test
is_empty err
send 69 content-552-5.3.4@scenario.test
send 77 rcpt-554-5.7.1@scenario.test
send 67 ok@scenario.test rcpt-550-5.1.1@scenario.test ok@other.test
[ "$(grep -c ' 250 ' "$tmp/out")" = 2 ] || complain 'two of three were accepted'
send 75 ok@scenario.test rcpt-550-5.1.1@scenario.test rcpt-451-4.3.0@scenario.test
send 67 --json ok@scenario.test rcpt-550-5.1.1@scenario.test ok@SCENARIO.test
json 'len(all) == 2'
json 'all[0]["recipient"] == "ok@scenario.test" and all[0]["category"] == "delivered"'
json 'all[0]["event"] == "delivered" and all[1]["event"] == "failed"'
json 'all[1]["category"] == "recipient-unknown" and all[1]["reply"] == "550" and all[1]["stage"] == "rcpt"'
json 'all[1]["status"] == "5.1.1" and all[1]["address_is_bad"] is True and all[1]["from"] == "me@example.org"'
gives 0 "$mailwhy" send --from '<>' --via "$via" ok@scenario.test
send 75 --tls must ok@scenario.test
has out tls
send 0 --tls none ok@scenario.test
gives 75 "$mailwhy" send --via 127.0.0.1:1 --json a@example.org b@example.com
json 'len(all) == 2 and {m["category"] for m in all} == {"connection-failed"}'

# What is there stays; lines of any end; a header that no blank line ends; no header.
printf 'From: other@example.org\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\nMessage-ID: <a@b>\nSubject: a\n b\nBcc: x@y.test\n\nbody\r\n' \
	>"$tmp/message"
send 0 ok@scenario.test
kept 'text.count("From: ") == 1 and text.count("Date: ") == 1 and text.count("Message-ID: ") == 1'
kept '"Subject: a\r\n b\r\nBcc: x@y.test\r\n\r\nbody\r\n" in text and "\r\r" not in text'
printf 'Subject: a\nno field at all\n' >"$tmp/message"
send 0 ok@scenario.test
kept 'text.endswith("Subject: a\r\n\r\nno field at all\r\n")'
printf 'just words\n' >"$tmp/message"
send 0 ok@scenario.test
kept 'text.endswith(">\r\nFrom: me@example.org\r\n\r\njust words\r\n")'
python3 -c 'print("Subject: long\n\n" + "0123456789\n" * 100000)' >"$tmp/message"
send 0 ok@scenario.test
kept 'text.count("0123456789\r\n") == 100000'

# --- a login

hash=$(echo secret | "$mailwhy" config hash)
echo "bob@example.org $hash" >"$tmp/users"
chmod 600 "$tmp/users"
start login --submission 127.0.0.1:0 --domain example.org --mailboxes "$tmp/mail" --users "$tmp/users" \
	--auth-plaintext --spool "$tmp/login"
via=$(at login submission)
printf 'Subject: hello\n\nhi\n' >"$tmp/message"
echo secret >"$tmp/right"
echo guess >"$tmp/wrong"
chmod 600 "$tmp/right" "$tmp/wrong"
gives 0 "$mailwhy" send --via "$via" --tls none --user bob@example.org --password-file "$tmp/right" \
	--from bob@example.org bob@example.org
await 'the mail of who logged in' sh -c "ls $tmp/mail/example.org/bob/new/* "
gives 75 "$mailwhy" send --via "$via" --user bob@example.org --password-file "$tmp/right" \
	--from bob@example.org bob@example.org
rc=0
"$mailwhy" send --json --via "$via" --tls none --user bob@example.org --password-file "$tmp/wrong" \
	--from bob@example.org bob@example.org >"$tmp/out" 2>"$tmp/err" <"$tmp/message" || rc=$?
[ "$rc" = 77 ] || [ "$rc" = 75 ] || complain "a wrong password gave $rc"
json 'all[0]["category"] == "auth-failed"'
lacks out guess

# What a server behind the next one refuses comes back as a letter: nobody waits for it any more.
start relay --listen 127.0.0.1:0 --domain example.org --mailboxes "$tmp/relay.mail" --relay-from 127.0.0.0/8 \
	--route "$(at receiver smtp)" --spool "$tmp/relay"
gives 0 "$mailwhy" send --via "$(at relay smtp)" --from ann@example.org rcpt-550-5.1.1@scenario.test
await 'the letter of the relay' sh -c "grep -q 'Action: failed' $tmp/relay.mail/example.org/ann/new/*"

# --- into a queue

gives 0 "$mailwhy" send --queue --spool "$tmp/login" --from bob@example.org bob@example.org
has out 'bob@example.org: '
await 'the queued mail' sh -c "[ \$(ls $tmp/mail/example.org/bob/new | wc -l) = 2 ]"
gives 67 "$mailwhy" send --queue --spool "$tmp/login" --from bob@example.org nobody@example.org
gives 0 "$mailwhy" send --queue --spool "$tmp/idle" --json someone@example.com
json 'all[0]["recipient"] == "someone@example.com" and all[0]["stage"] == "queue"'
[ -s "$tmp/idle/queue.db" ] || complain 'nothing was queued'
printf '[local]\ndomains = example.org\nmailboxes = %s\n' "$tmp/mail" >"$tmp/local.conf"
gives 75 "$mailwhy" send --queue --spool "$tmp/idle" --config "$tmp/local.conf" bob@example.org
via=$(at receiver smtp)
send 75 --spool "$tmp/later" rcpt-450-4.7.1@scenario.test
has err "$tmp/later"
[ -s "$tmp/later/queue.db" ] || complain 'what was put off is not kept'

# --- sendmail

cat >"$tmp/sendmail.conf" <<END
[server]
hostname = host.example.org
spool = $tmp/local
log = $tmp/local.log
[listen]
local = $tmp/socket
[local]
domains = example.org, host.example.org
mailboxes = $tmp/mail
users = $tmp/local.users
END
printf 'ann@example.org\neve@example.org\nsecret@example.org\nroot@host.example.org\n' >"$tmp/local.users"
chmod 600 "$tmp/local.users"
ln -s "$mailwhy" "$tmp/sendmail"
gives 75 "$tmp/sendmail" -C "$tmp/sendmail.conf" ann@example.org
has err "can't be reached"
start local --config "$tmp/sendmail.conf"
[ "$(stat -c %a "$tmp/socket")" = 666 ] || complain 'the socket is not for everybody'
[ "$(stat -c %a "$tmp/local/submit")" = 600 ] || complain 'the socket of the spool is for everybody'
sendmail()
{
	status=$1
	shift
	gives "$status" "$tmp/sendmail" -C "$tmp/sendmail.conf" "$@"
}
arrived()
{
	[ "$(ls "$tmp/mail/$1/new" 2>/dev/null | wc -l)" = "$2" ]
}
cat >"$tmp/message" <<'END'
To: "Ann, of (x)" <ann@example.org> (a, comment), friends: EVE@example.org;
Cc: =?utf-8?q?x?= <eve@example.org>
Bcc: secret@example.org,
 ann@example.org
Subject: dots

one
.
two
END
sendmail 0 -ti
is_empty out
is_empty err
for who in ann eve secret; do
	await "$who's mail" arrived "example.org/$who" 1
done
cat "$tmp/mail/example.org/ann/new/"* >"$tmp/out"
has out two
lacks out secret
lacks out Bcc
printf 'Subject: x\n\none\n.\ntwo\n' >"$tmp/message"
sendmail 0 -oem -oi -F'Ann "A" Other' -f ann@example.org -B8BITMIME -N failure,delay -R hdrs -V id=1 root
await "root's mail" arrived host.example.org/root 1
cat "$tmp/mail/host.example.org/root/new/"* >"$tmp/out"
has out 'From: "Ann \"A\" Other" <ann@example.org>'
has out 'Return-Path: <ann@example.org>'
has out two
sendmail 0 -f '<>' root
await "root's second mail" arrived host.example.org/root 2
[ "$(grep -lx two.\\? "$tmp/mail/host.example.org/root/new/"* | wc -l)" = 1 ] || complain 'a dot did not end the message'
gives 0 "$mailwhy" sendmail -C "$tmp/sendmail.conf" -v -i -- ann@example.org
has out 'ann@example.org: '
sendmail 67 nobody@example.org
has err nobody@example.org
is_empty out
sendmail 64
sendmail 64 -t
sendmail 64 -bd
sendmail 64 -N sometimes root
sendmail 64 -V "$(printf 'a b')" root
sendmail 64 -f "$(printf 'a@b\r\nDATA')" root
sendmail 64 "$(printf 'a@b\r\nRCPT TO:<c@d>')"
is_harmless err
printf 'To: a b c <not an address>\n\nx\n' >"$tmp/message"
sendmail 65 -t
: >"$tmp/message"
sendmail 65 root
gives 78 "$tmp/sendmail" -C "$tmp/none.conf" root

# SMTP on standard input and output.
cat >"$tmp/talk.py" <<'END'
import subprocess, sys
p = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
def reply(code):
    while True:
        line = p.stdout.readline()
        assert line.startswith(code), line
        if line[3] != "-":
            return
reply("220")
for said, code in (("EHLO me", "250"), ("MAIL FROM:<ann@example.org>", "250"), ("RCPT TO:<eve@example.org>", "250"),
                   ("DATA", "354"), ("Subject: x\r\n\r\nby hand\r\n.", "250")):
    p.stdin.write(said + "\r\n")
    p.stdin.flush()
    reply(code)
p.stdin.close()
sys.exit(p.wait(20))
END
python3 "$tmp/talk.py" "$tmp/sendmail" -C "$tmp/sendmail.conf" -bs || complain 'SMTP by -bs'
await "eve's second mail" arrived example.org/eve 2

[ -z "$(ls "$tmp/private")" ] || complain "private queues are left: $(ls "$tmp/private")"
for pid in $pids; do
	kill -TERM "$pid"
	wait "$pid" || complain "a server ended with $?: $(grep -m5 -e ERROR -e '#[0-9]' "$tmp"/*.err)"
done
pids=
[ ! -e "$tmp/socket" ] && [ ! -e "$tmp/local/submit" ] || complain 'sockets are left'
finish
