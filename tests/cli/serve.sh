# mailwhy serve: what it says to clients, what becomes of mail, how it starts, reloads and stops.
. "$(dirname "$0")/check.inc"
. "$here/server.inc"
mkdir "$tmp/mail"

# dialogue WHAT ADDRESS: plays standard input (tests/smtp_client.py).
dialogue()
{
	python3 "$tests/smtp_client.py" "$2" >"$tmp/said.$1" 2>&1 ||
		complain "$1: $(cat "$tmp/said.$1") $(grep -m5 -e ERROR -e '#[0-9]' "$tmp/err")"
}

# get PATH [METHOD]: of the API; 100 more than what the status is above 300.
get()
{
	python3 -c 'import http.client, sys
c = http.client.HTTPConnection(sys.argv[1], timeout=20)
c.request((sys.argv[3:] + ["GET"])[0], sys.argv[2])
r = c.getresponse()
sys.stdout.buffer.write(r.read())
sys.exit(0 if r.status == 200 else r.status - 300)' "$(at http)" "$@"
}

# json WHAT EXPRESSION: true of `m`, the JSON of $tmp/json.
json()
{
	python3 -c 'import json, sys
m = json.load(open(sys.argv[1], encoding="utf-8"))
sys.exit(0 if eval(sys.argv[2]) else str(m)[:500])' "$tmp/json" "$2" 2>"$tmp/said" ||
		complain "$1: not $2: $(tail -1 "$tmp/said")"
}

mails()
{
	find "$tmp/mail" -path "*/$1/new/*" -type f
}

mails_are()
{
	[ "$(mails "$1" | wc -l)" = "$2" ]
}

# counter_is NAME NUMBER: in /metrics.
counter_is()
{
	[ "$(get /metrics | sed -n "s/^mailwhy_$1 //p")" = "$2" ]
}

# serve_exits STATUS OPTION...: it ends by itself.
serve_exits()
{
	status=$1
	shift
	exits "$status" timeout 20 "$mailwhy" serve "$@"
}

# --- the command line

serve_exits 0 --help
has out --ready-fd
serve_exits 64 --no-such-option
serve_exits 64 extra
serve_exits 64 --ready-fd x
serve_exits 64 --ready-fd -1
serve_exits 64 --listen
serve_exits 64 --listen 127.0.0.1:0 --seed x

# config_error WORDS OPTION...
config_error()
{
	words=$1
	shift
	serve_exits 78 --spool "$tmp/none" "$@"
	has err "$words"
}
serve_exits 69 --spool "$tmp/none"
has err 'nothing to listen on'
config_error smtp --listen 127.0.0.1
config_error smtp --listen 127.0.0.1:65536
config_error smtp --listen mx.example.org:25
config_error submission --submission 127.0.0.1:x
config_error submissions --submissions :
config_error http --listen 127.0.0.1:0 --http 127.0.0.1:-1
config_error domains --listen 127.0.0.1:0 --domain example.org
config_error domains --listen 127.0.0.1:0 --domain 'a_b..c' --mailboxes "$tmp/mail"
config_error networks --listen 127.0.0.1:0 --relay-from 127.0.0.0/33
config_error networks --listen 127.0.0.1:0 --relay-from everybody
config_error route --listen 127.0.0.1:0 --route 'a b:1'
config_error hostname --listen 127.0.0.1:0 --hostname 'a b'
config_error certificate --listen 127.0.0.1:0 --certificate "$tmp/none.pem" --key "$tmp/none.key"
config_error certificate --listen 127.0.0.1:0 --certificate "$tests/meson.build"
config_error key --listen 127.0.0.1:0 --key "$tests/meson.build"
config_error users --listen 127.0.0.1:0 --users "$tmp/none"
config_error mailboxes --listen 127.0.0.1:0 --domain example.org --mailboxes "$tests/meson.build"
config_error store --listen 127.0.0.1:0 --store postgresql://host/db
config_error none.scenario --listen 127.0.0.1:0 --scenario "$tmp/none.scenario"
config_error no-such-one --listen 127.0.0.1:0 --scenario no-such-one
serve_exits 78 --config "$tmp/none.conf"
has err none.conf

printf '[server]\nhostnme = a\n[limits]\nerrors = many\n' >"$tmp/bad.conf"
serve_exits 78 --config "$tmp/bad.conf"
has err 'bad.conf:2: '
has err 'bad.conf:4: '
printf 'reply a\n\tat nowhere\n' >"$tmp/bad.scenario"
config_error 'bad.scenario:2: ' --listen 127.0.0.1:0 --scenario "$tmp/bad.scenario"
printf 'bob@example.org password=\n' >"$tmp/bad.users"
chmod 600 "$tmp/bad.users"
config_error 'bad.users:1: ' --listen 127.0.0.1:0 --domain example.org --mailboxes "$tmp/mail" \
	--users "$tmp/bad.users"
serve_exits 69 --spool "$tmp/none" --listen 203.0.113.1:0
has err '203.0.113.1:0'
serve_exits 69 --spool "$tmp/no/such/folder" --listen 127.0.0.1:0
has err no/such/folder
[ -z "$(find "$tmp/none" -type f 2>/dev/null)" ] || complain 'a server that did not start made a queue'

# --- a server with all it can have

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3 -subj /CN=mx.example.org \
	-addext subjectAltName=DNS:mx.example.org -keyout "$tmp/key.pem" -out "$tmp/cert.pem" 2>/dev/null
chmod 600 "$tmp/key.pem"
hash=$(echo secret | "$mailwhy" config hash)
cat >"$tmp/users" <<END
bob@example.org $hash sender=*@bob.example
ann@example.org $hash disabled
eve@example.org
old@example.org moved=new@example.com
sales@example.org alias=bob@example.org,eve@example.org
small@example.org quota=5K
*@catch.example alias=eve@example.org
END
chmod 600 "$tmp/users"
cat >"$tmp/mx.conf" <<END
[server]
hostname = mx.example.org
spool = $tmp/spool
threads = 2
log = $tmp/mx.log
transcript = $tmp/mx.transcript
pid-file = $tmp/mx.pid
[listen]
smtp = 127.0.0.1:0, 127.0.0.2:0
submission = 127.0.0.1:0
submissions = 127.0.0.1:0
lmtp = $tmp/lmtp.sock
http = 127.0.0.1:0
[tls]
certificate = $tmp/cert.pem
key = $tmp/key.pem
[limits]
message-size = 100K
recipients = 100
login-failures = 3/10m
sessions-per-client = 8
idle-timeout = 20s
[local]
domains = example.org, catch.example
mailboxes = $tmp/mail
users = $tmp/users
postmaster = bob@example.org
[relay]
networks = 127.0.0.3/32
# nobody listens there: what is for others waits
route = 127.0.0.1:1
END
chmod 600 "$tmp/mx.conf"
start --config "$tmp/mx.conf"
same 'the number of the process' "$(cat "$tmp/mx.pid")" "$pid"
mx=$(at smtp)
serve_exits 69 --listen 127.0.0.1:0 --spool "$tmp/spool"
has err "$tmp/spool"
serve_exits 69 --listen "$mx" --spool "$tmp/other"
has err "$mx"
: >"$tmp/err"

dialogue 'one mail' "$mx" <<'END'
< 220 mx.example.org
> EHLO client.example
< 250 SIZE 102400
> MAIL FROM:<x@client.example> SIZE=100
< 250 2.1.0
> RCPT TO:<bob@example.org>
< 250 2.1.5
> DATA
< 354
> Subject: dots
> 
> ..one
> ...two
> 8 bits: ü
> .
< 250 2.0.0
> NOOP
< 250
> QUIT
< 221
! closed
END
await 'a mail' mails_are bob 1
tail -n 5 "$(mails bob)" >"$tmp/got"
printf 'Subject: dots\n\n.one\n..two\n8 bits: ü\n' | cmp -s - "$tmp/got" || complain 'a mail came changed'
grep -qx 'Return-Path: <x@client.example>' "$(mails bob)" || complain 'no Return-Path'
grep -q 'with ESMTP id 1' "$(mails bob)" || complain 'no Received'

dialogue 'who gets mail and who does not' "$mx" <<'END'
< 220
> EHLO client.example
< 250
> MAIL FROM:<>
< 250
> RCPT TO:<bob@example.com>
< 550 5.7.1
> RCPT TO:<nobody@example.org>
< 550 5.1.1
> RCPT TO:<ann@example.org>
< 550 5.2.1
> RCPT TO:<old@example.org>
< 551 5.1.6
> RCPT TO:<sales@example.org>
< 250
> RCPT TO:<BOB+list@Example.ORG>
< 250
> RCPT TO:<any.thing@catch.example>
< 250
> RCPT TO:<Postmaster>
< 250
> RCPT TO:<abuse@example.org>
< 250
> RCPT TO:bob@example.org
< 501
> RCPT TO:<bü@example.org>
< 553 5.6.7
> DATA
< 354
> Subject: many
> 
> .
< 250
> MAIL FROM:<a@client.example> SIZE=4000
< 250
> RCPT TO:<small@example.org>
< 250
> RSET
< 250
> MAIL FROM:<a@client.example> SIZE=6000
< 250
> RCPT TO:<small@example.org>
< 552 5.2.2
> RSET
< 250
> MAIL FROM:<a@client.example>
< 250
> RCPT TO:<small@example.org>
< 250
> DATA
< 354
! fill 5500
> 
> .
< 250
> QUIT
< 221
END
await 'mail for members' mails_are eve 1
await 'mail of bob' mails_are bob 2
await 'mail of small' mails_are small 1
dialogue 'a mailbox that has become full' "$mx" <<'END'
< 220
> EHLO client.example
< 250
> MAIL FROM:<a@client.example>
< 250
> RCPT TO:<small@example.org>
< 452 4.2.2
> QUIT
< 221
END

# --- who may send

python3 - "$(at smtp 2)" <<'END' || complain 'a client of a network that we relay for'
import socket, sys
host, port = sys.argv[1].split(":")
s = socket.create_connection((host, int(port)), 20, source_address=("127.0.0.3", 0))
f = s.makefile("rwb", buffering=0)
for line, code in [(None, b"220"), (b"HELO c", b"250"), (b"MAIL FROM:<a@client.example>", b"250"),
                   (b"RCPT TO:<bob@example.com>", b"250"), (b"DATA", b"354"), (b"\r\n.", b"250"),
                   (b"QUIT", b"221")]:
    if line is not None:
        f.write(line + b"\r\n")
    assert f.readline().startswith(code), line
END
await 'mail for others in the queue' counter_is 'queue_recipients{state="queued"}' 1

dialogue 'a login without TLS' "$(at submission)" <<'END'
< 220
> EHLO client.example
< 250 STARTTLS
> MAIL FROM:<bob@example.org>
< 530 5.7.0
! plain bob@example.org secret
< 538 5.7.11
> STARTTLS
< 220
! tls
> EHLO client.example
< 250 AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN
> MAIL FROM:<bob@example.org>
< 530 5.7.0
! plain bob@example.org secret
< 235
> AUTH PLAIN
< 503
> MAIL FROM:<eve@example.org>
< 553 5.7.1
> MAIL FROM:<any@bob.example>
< 250
> RCPT TO:<ann@example.com>
< 250
> DATA
< 354
> 
> .
< 250
> VRFY sales@example.org
< 250
> EXPN sales@example.org
< 250 eve@example.org
> QUIT
< 221
END
await 'mail of a user in the queue' counter_is 'queue_recipients{state="queued"}' 2
dialogue 'early commands behind STARTTLS' "$(at submission)" <<'END'
< 220
> EHLO client.example
< 250
! pipe STARTTLS / RSET
< 554 5.5.0
! closed
END
dialogue 'TLS at once' "$(at submissions)" <<'END'
! tls
< 220
> EHLO client.example
< 250
> AUTH LOGIN
< 334
> Ym9iQGV4YW1wbGUub3Jn
< 334
> c2VjcmV0
< 235
> QUIT
< 221
END
dialogue 'two logins in one piece' "$(at submissions)" <<'END'
! tls
< 220
> EHLO client.example
< 250
! pipe AUTH PLAIN AGJvYkBleGFtcGxlLm9yZwB3cm9uZw== / AUTH PLAIN AGJvYkBleGFtcGxlLm9yZwBzZWNyZXQ= / NOOP / QUIT
< 535 5.7.8
< 235
< 250
< 221
! closed
END
dialogue 'a client that leaves while its password is hashed' "$(at submissions)" <<'END'
! tls
< 220
> EHLO client.example
< 250
! plain bob@example.org wrong
! drop
END
dialogue 'a guesser' "$(at submission)" <<'END'
< 220
> EHLO client.example
< 250
> STARTTLS
< 220
! tls
> EHLO client.example
< 250
> AUTH PLAIN
< 334
> *
< 501
! plain ann@example.org secret
< 535
! plain nobody@example.org secret
< 535
! plain bob@example.org wrong
< 421 4.7.0
! closed
END
dialogue 'a guesser who is back' "$(at submissions)" <<'END'
! tls
< 421 Too many failed logins
! closed
END
stop
[ ! -e "$tmp/mx.pid" ] || complain 'the file with the number of the process is left'

# --- limits

start --config "$tmp/mx.conf"
dialogue 'too large' "$(at smtp)" <<'END'
< 220
> EHLO client.example
< 250
> MAIL FROM:<a@client.example> SIZE=102401
< 552 5.3.4
> MAIL FROM:<a@client.example>
< 250
> RCPT TO:<bob@example.org>
< 250
> DATA
< 354
! fill 102500
> 
> .
< 552 5.3.4
> MAIL FROM:<a@client.example> BODY=BINARYMIME
< 250
> RCPT TO:<bob@example.org>
< 250
> BDAT 102401 LAST
! fill 102401
< 552 5.3.4
> QUIT
< 221
END
{
	printf '< 220\n> EHLO c.example\n< 250\n> MAIL FROM:<>\n< 250\n'
	for n in $(seq 100); do printf '> RCPT TO:<a%d@catch.example>\n< 250\n' "$n"; done
	printf '> RCPT TO:<last@catch.example>\n< 452 4.5.3\n> QUIT\n< 221\n'
} | dialogue 'too many recipients' "$(at smtp)"
dialogue 'commands in one piece, chunks, what is not known' "$(at smtp)" <<'END'
< 220
> EHLO client.example
< 250
! pipe MAIL FROM:<a@client.example> / RCPT TO:<bob@example.org> / DATA
< 250
< 250
< 354
> a
> .
< 250
! pipe MAIL FROM:<a@client.example> / DATA
< 250
< 503
> RSET
< 250
> MAIL FROM:<a@client.example> SMTPUTF8 BODY=8BITMIME
< 250
> RCPT TO:<bob@example.org> NOTIFY=NEVER
< 250
> BDAT 6
> abcd
< 250
> BDAT 0 LAST
< 250
> FOO
< 500
> MAIL FROM:<a@client.example> FOO=1
< 555
> QUIT
< 221
END
python3 - "$tests" "$(at smtp)" <<'END' || complain 'sessions of one client, and mail that is smuggled'
import sys
sys.path.insert(0, sys.argv[1])
from smtp_client import Client
many = [Client(sys.argv[2]) for _ in range(8)]
for one in many:
    one.expect(220)
late = Client(sys.argv[2])
late.expect(421, "Too many concurrent connections")
assert late.is_closed()
many[0].say("EHLO c.example", 250)
many[0].say("MAIL FROM:<a@client.example>", 250)
many[0].say("RCPT TO:<bob@example.org>", 250)
many[0].say("DATA", 354)
many[0].send(b"a\r\n\n.\r\nMAIL FROM:<evil@client.example>\r\n")
many[0].expect(550, "5.6.0")
assert many[0].is_closed()
END

# --- LMTP

dialogue 'LMTP' "$tmp/lmtp.sock" <<'END'
< 220
> EHLO client.example
< 500
> LHLO client.example
< 250 PIPELINING
> MAIL FROM:<a@client.example>
< 250
> RCPT TO:<bob@example.org>
< 250
> RCPT TO:<nobody@example.org>
< 550
> RCPT TO:<eve@example.org>
< 250
> DATA
< 354
> Subject: by LMTP
> 
> .
< 250
< 250
> QUIT
< 221
END
await 'mail by LMTP' mails_are eve 2

# --- reload

takes_new()
{
	printf '< 220\n> HELO c\n< 250\n> MAIL FROM:<>\n< 250\n> RCPT TO:<eve@new.example>\n< 250\n' |
		python3 "$tests/smtp_client.py" "$before"
}
before=$(at smtp)
! takes_new 2>/dev/null || complain 'a domain is local before the reload'
sed -i 's/^domains = .*/&, new.example/' "$tmp/mx.conf"
echo 'eve@new.example' >>"$tmp/users"
dialogue 'a session over a reload' "$before" <<END &
< 220
> EHLO client.example
< 250
> MAIL FROM:<a@client.example>
< 250
! touch $tmp/step1
! await $tmp/step2
> RCPT TO:<eve@new.example>
< 550 5.7.1
> RCPT TO:<eve@example.org>
< 250
> QUIT
< 221
END
session=$!
await 'a session' [ -e "$tmp/step1" ]
kill -HUP "$pid"
await 'a new domain' takes_new
touch "$tmp/step2"
wait "$session"
sed -i 's/^idle-timeout/idle-timeut/' "$tmp/mx.conf"
kill -HUP "$pid"
await 'a complaint about the file' grep -q 'mx.conf:.*idle-timeut' "$tmp/err"
takes_new || complain 'the sessions after a reload that failed'
sed -i 's/^idle-timeut/idle-timeout/; s/^smtp = .*/&, 203.0.113.1:0/' "$tmp/mx.conf"
kill -HUP "$pid"
await 'a complaint about an address' grep -q '203.0.113.1:0' "$tmp/err"
takes_new || complain 'the sessions after a socket that failed'
dialogue 'the socket of LMTP after a reload that failed' "$tmp/lmtp.sock" <<'END'
< 220
END
sed -i 's/, 203.0.113.1:0//' "$tmp/mx.conf"

# --- stopping: idle sessions are told, one at work ends its transaction

rm -f "$tmp"/step?
dialogue 'an idle session' "$before" <<END &
< 220
> EHLO client.example
< 250
! touch $tmp/step1
< 421 4.3.2
! closed
END
idle=$!
dialogue 'a session at work' "$before" <<END &
< 220
> EHLO client.example
< 250
> MAIL FROM:<a@client.example>
< 250
> RCPT TO:<eve@example.org>
< 250
> DATA
< 354
! touch $tmp/step2
! await $tmp/step3
> Subject: last
> 
> .
< 250
> NOOP
< 421 4.3.2
! closed
END
work=$!
await 'an idle session' [ -e "$tmp/step1" ]
await 'a session at work' [ -e "$tmp/step2" ]
kill -TERM "$pid"
wait "$idle"
touch "$tmp/step3"
wait "$work"
ended
[ ! -e "$tmp/lmtp.sock" ] || complain 'the socket of LMTP is left'

# What the last session brought was delivered, or the next server does it; a second signal ends sessions
# that are at work, at once.
start --config "$tmp/mx.conf"
await 'the last mail' mails_are eve 3
rm -f "$tmp"/step?
dialogue 'a session that does not end' "$(at smtp)" <<END &
< 220
> EHLO client.example
< 250
> MAIL FROM:<a@client.example>
< 250
> RCPT TO:<eve@example.org>
< 250
> DATA
< 354
! fill 50000
! touch $tmp/step1
! closed
END
work=$!
await 'a session that does not end' [ -e "$tmp/step1" ]
kill -TERM "$pid"
sleep 0.2
kill -TERM "$pid"
wait "$work"
ended

# --- the files: log and transcript

python3 - "$tmp/mx.log" "$tmp/mx.transcript" <<'END' || complain 'log or transcript'
import json, sys
log = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
fields = """time event file kind recipient stage reply status text remote provider category permanence fault
action address_is_bad retry_after confidence rule summary remedy references""".split()
for line in log:
    missing = [f for f in fields if f not in line]
    assert not missing, (missing, line)
    assert line["event"] in ("accepted", "refused", "delivered", "deferred", "failed"), line
    assert type(line["address_is_bad"]) is bool and type(line["remedy"]) is list, line


def some(**want):
    assert [l for l in log if all(l.get(k) == v for k, v in want.items())], want


some(event="refused", category="relay-denied", recipient="bob@example.com", stage="rcpt", reply="550")
some(event="refused", category="recipient-unknown", address_is_bad=True, recipient="nobody@example.org")
some(event="refused", category="recipient-moved")
some(event="refused", category="auth-failed", stage="auth")
some(event="refused", category="message-too-large", stage="content", reply="552")
some(event="refused", category="sender-rejected", login="bob@example.org", stage="mail")
some(event="accepted", recipient="ann@example.com", login="bob@example.org")
some(event="delivered", recipient="bob@example.org", id="1", stage="local")
said = [json.loads(line) for line in open(sys.argv[2], encoding="utf-8")]
assert {line["who"] for line in said} == {"C", "S", "-"}
assert all(line["event"] == "said" and line["session"] and line["time"] for line in said)
text = open(sys.argv[2], encoding="utf-8").read() + open(sys.argv[1], encoding="utf-8").read()
for secret in ("c2VjcmV0", "AGJvYk", "secret"):
    assert secret not in text, secret
END

# --- rates

cat >"$tmp/rates.conf" <<END
[server]
spool = $tmp/rates
[listen]
smtp = 127.0.0.1:0
[limits]
messages-per-client = 2/1h
errors = 3
idle-timeout = 1s
[local]
domains = example.org
mailboxes = $tmp/mail
catch-all = eve@example.org
END
start --config "$tmp/rates.conf"
dialogue 'too fast' "$(at smtp)" <<'END'
< 220
> EHLO client.example
< 250
> MAIL FROM:<a@client.example>
< 250
> RSET
< 250
> MAIL FROM:<a@client.example>
< 250
> RSET
< 250
> MAIL FROM:<a@client.example>
< 450 4.7.1
> FOO
< 500
> FOO
< 500
> FOO
< 500
> NOOP
< 421 4.7.0
! closed
END
dialogue 'too slow' "$(at smtp)" <<'END'
< 220
< 421 4.4.2
! closed
END
stop

# --- sockets of systemd, over a reload

python3 - "$mailwhy" "$tmp" "$tests" <<'END' || complain 'sockets of systemd'
import os
import signal
import socket
import subprocess
import sys
import time

mailwhy, tmp, tests = sys.argv[1:4]
sys.path.insert(0, tests)
from smtp_client import Client

given = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]


def arrange():
    for i, one in enumerate(given):
        os.dup2(one.fileno(), 300 + i)
    for i in range(len(given)):
        os.dup2(300 + i, 3 + i)


p = subprocess.Popen(["sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=smtp:mailwhy.socket exec "$@"',
                      "sh", mailwhy, "serve", "--quiet", "--spool", tmp + "/systemd", "--domain", "example.org",
                      "--mailboxes", tmp + "/mail"],
                     preexec_fn=arrange, close_fds=False, stdout=subprocess.DEVNULL)
ports = [one.getsockname()[1] for one in given]
for one in given:
    one.close()
try:
    for again in range(2):
        for port in ports:
            c = Client(f"127.0.0.1:{port}")
            c.expect(220)
            c.say("QUIT", 221)
        p.send_signal(signal.SIGHUP)
        time.sleep(0.5)
    p.terminate()
    assert p.wait(30) == 0
finally:
    p.kill()
END

# --- the test server

start --listen 127.0.0.1:0 --http 127.0.0.1:0 --spool "$tmp/test" --scenario builtin --transcript "$tmp/said.log"
dialogue 'the addresses of the contract' "$(at smtp)" <<'END'
< 220
> EHLO client.example
< 250
> MAIL FROM:<mail-553-5.1.8@scenario.test>
< 553 5.1.8
> MAIL FROM:<a@client.example>
< 250
> RCPT TO:<rcpt-550-5.1.1@scenario.test>
< 550 5.1.1
> RCPT TO:<rcpt-450-4.2.2-In-so-many-words@scenario.test>
< 450 4.2.2 In so many words
> RCPT TO:<first2-rcpt-450-4.7.1@scenario.test>
< 450 4.7.1
> RCPT TO:<first2-rcpt-450-4.7.1@scenario.test>
< 450 4.7.1
> RCPT TO:<first2-rcpt-450-4.7.1@scenario.test>
< 250
> RCPT TO:<delay-rcpt-1@scenario.test>
< 250
> RCPT TO:<data-451-4.3.0@scenario.test>
< 250
> DATA
< 451 4.3.0
> MAIL FROM:<a@client.example>
< 250
> RCPT TO:<content-552-5.2.2@scenario.test>
< 250
> DATA
< 354
> Subject: no
> 
> .
< 552 5.2.2
> MAIL FROM:<a@client.example>
< 250
> RCPT TO:<anybody@example.com>
< 250
> RCPT TO:<Zoë@example.com>
< 553
> DATA
< 354
> Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
> Message-ID: <1@client.example>
> Content-Type: text/plain; charset=utf-8
> Content-Transfer-Encoding: base64
> 
> VGV4dMO8
> .
< 250
> MAIL FROM:<a@client.example>
< 250
> RCPT TO:<drop-content@scenario.test>
< 250
> DATA
< 354
> 
> .
! closed
END
dialogue 'a drop behind replies that were asked for' "$(at smtp)" <<'END'
< 220
> EHLO client.example
< 250
! pipe MAIL FROM:<a@client.example> / RCPT TO:<drop-data@scenario.test> / DATA
< 250 2.1.0
< 250 2.1.5
! closed
END
python3 - "$tests" "$(at smtp)" <<'END' || complain 'half of a reply'
import sys
sys.path.insert(0, sys.argv[1])
from smtp_client import Client
c = Client(sys.argv[2])
c.expect(220)
c.say("EHLO c.example", 250)
c.send("MAIL FROM:<a@client.example>\r\nRCPT TO:<half-data-554@scenario.test>\r\nDATA\r\n")
c.expect(250)
c.expect(250)
try:
    c.read_line()
    sys.exit(1)
except EOFError:
    assert c.rest.startswith(b"554"), c.rest
END
dialogue 'a name in EHLO' "$(at smtp)" <<'END'
< 220
> EHLO ehlo-550-5.7.1.scenario.test
< 550 5.7.1
> QUIT
< 221
END
dialogue 'a second mail' "$(at smtp)" <<'END'
< 220
> EHLO client.example
< 250
> MAIL FROM:<other@client.example> SMTPUTF8
< 250
> RCPT TO:<Zoë@example.com>
< 250
> DATA
< 354
> Subject: second ü "quoted"
> Content-Type: text/plain; charset=koi8-r
> Content-Transfer-Encoding: base64
> 
> 8NLJ18XU
> .
< 250
> QUIT
< 221
END

# --- what it keeps

get /messages >"$tmp/json" || complain '/messages'
json 'the list' 'm["total"] == 2 and [x["from"] for x in m["messages"]] == ["other@client.example", "a@client.example"]'
json 'the list' 'm["messages"][0]["to"] == ["Zoë@example.com"] and m["messages"][1]["subject"] == "Grüße"'
json 'the list' 'm["messages"][1]["message_id"] == "<1@client.example>" and m["messages"][0]["subject"] == "second ü \"quoted\""'
id=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["messages"][1]["id"])' "$tmp/json")
for filter in 'to=ANYBODY' 'from=a@client' 'subject=gr%C3%BC' 'to=any&from=a%40&subject=gr'; do
	get "/messages?$filter" >"$tmp/json"
	json "filter $filter" '[x["from"] for x in m["messages"]] == ["a@client.example"]'
done
get '/messages?limit=1' >"$tmp/json"
json 'limit' 'len(m["messages"]) == 1 and m["total"] == 2'
get '/messages?to=nobody' >"$tmp/json"
json 'a filter that nothing fits' 'm["messages"] == []'
get "/messages/$id" >"$tmp/json" || complain '/messages/ID'
json 'one message' 'm["text"].strip() == "Textü" and m["subject"] == "Grüße" and "anybody@example.com" in m["to"]'
json 'one message' '[h["value"] for h in m["headers"] if h["name"] == "Content-Transfer-Encoding"] == ["base64"]'
second=$(get '/messages?from=other' | python3 -c 'import json, sys; print(json.load(sys.stdin)["messages"][0]["id"])')
get "/messages/$second" >"$tmp/json" || complain '/messages/ID of the second'
json 'a charset of its own' 'm["text"].strip() == "Привет"'
get "/messages/$id/raw" >"$tmp/raw" || complain '/messages/ID/raw'
tail -c 10 "$tmp/raw" | grep -q VGV4dMO8 || complain 'the raw message'
for path in /nothing /messages/999 /messages/x "/messages/$id/x" /messages/999/raw; do
	get "$path" >/dev/null
	same "$path" $? 104
done
get "/messages/$id" DELETE >/dev/null || complain 'DELETE /messages/ID'
get "/messages/$id" >/dev/null
same 'a deleted message' $? 104
get /messages DELETE >/dev/null || complain 'DELETE /messages'
get /messages >"$tmp/json"
json 'all deleted' 'm == {"total": 0, "messages": []}'
same /healthz "$(get /healthz)" ok
get /metrics >"$tmp/metrics" || complain /metrics
python3 - "$tmp/metrics" <<'END' || complain 'the form of /metrics'
import re, sys
names, last = {}, None
for line in open(sys.argv[1], encoding="utf-8"):
    if line.startswith("# TYPE "):
        _, _, last, kind = line.split()
        assert last not in names, last
        names[last] = kind
    elif not line.startswith("# HELP "):
        assert re.fullmatch(r'[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? [0-9.]+\n', line), line
        assert line.startswith(last), (last, line)
assert names["mailwhy_messages_accepted_total"] == "counter" and names["mailwhy_sessions"] == "gauge"
END
grep -q '^mailwhy_messages_accepted_total 2$' "$tmp/metrics" || complain 'what was accepted is not counted'
grep -q '^mailwhy_refusals_total{category="recipient-unknown"} 1$' "$tmp/metrics" || complain 'a refusal is not counted'
grep -q '^mailwhy_replies_total{code="552"} 1$' "$tmp/metrics" || complain 'replies are not counted'
stop
grep -q 'a message of' "$tmp/said.log" || complain 'the transcript lacks a message'

cat >"$tmp/nameless.scenario" <<'END'
reply who
	at rcpt
	say 550 5.7.1 {host} does not want <{recipient}>
	category policy
END
start --listen 127.0.0.1:0 --hostname mx.own.example --scenario "$tmp/nameless.scenario" --spool "$tmp/test3"
dialogue 'the own name in a scenario' "$(at smtp)" <<'END'
< 220 mx.own.example
> HELO client.example
< 250
> MAIL FROM:<a@client.example>
< 250
> RCPT TO:<b@example.com>
< 550 5.7.1 mx.own.example does not want <b@example.com>
> QUIT
< 221
END
stop

cat >"$tmp/a.scenario" <<'END'
server a
	host mx.a.example
	banner {host} is here
	extensions SIZE=5000 PIPELINING
	builtin

reply unknown
	at rcpt
	recipient unknown*@*
	say 550-5.1.1 <{recipient}>: there is no such user.
	say 550 5.1.1 Check the spelling.
	category recipient-unknown

reply greylist
	at rcpt
	recipient grey@*
	attempt 1
	say 450 4.2.0 Greylisted

reply subject
	at content
	subject *casino*
	say 554 5.7.1 Spam
END
start --listen 127.0.0.1:0 --scenario "$tmp/a.scenario" --seed 1 --spool "$tmp/test2" --lmtp "$tmp/test.sock"
dialogue 'a scenario of a file' "$(at smtp)" <<'END'
< 220 mx.a.example is here
> EHLO client.example
< 250 SIZE 5000
> MAIL FROM:<a@client.example> SIZE=6000
< 552
> MAIL FROM:<a@client.example>
< 250
> RCPT TO:<unknown5@example.com>
< 550 5.1.1 <unknown5@example.com>: there is no such user.
> RCPT TO:<grey@example.com>
< 450 4.2.0
> RCPT TO:<grey@example.com>
< 250
> RCPT TO:<rcpt-550-5.2.1@scenario.test>
< 550 5.2.1
> DATA
< 354
> Subject: our casino
> 
> .
< 554 5.7.1
> QUIT
< 221
END
dialogue 'a scenario by LMTP' "$tmp/test.sock" <<'END'
< 220
> LHLO client.example
< 250
> MAIL FROM:<a@client.example>
< 250
> RCPT TO:<one@example.com>
< 250
> RCPT TO:<two@example.com>
< 250
> DATA
< 354
> Subject: fine
> 
> .
< 250
< 250
> QUIT
< 221
END
stop
finish
