# mailwhy queue: looking at the queue and changing it, with a server and without.
. "$(dirname "$0")/check.inc"
. "$here/server.inc"
server_err=$tmp/err.server

# mail SENDER RECIPIENT...: to the server that was started last.
mail()
{
	python3 - "$(at smtp)" "$@" <<'END' || complain "the server did not take a mail: $*"
import smtplib, sys
host, port = sys.argv[1].rsplit(":", 1)
with smtplib.SMTP(host, int(port), timeout=20) as s:
    s.sendmail(sys.argv[2], sys.argv[3:], b"Subject: hello\r\n\r\nhello\r\n")
END
}

queue()
{
	"$mailwhy" queue --spool "$tmp/spool" "$@" 2>"$tmp/err"
}

queue_exits()
{
	status=$1
	shift
	exits "$status" "$mailwhy" queue --spool "$tmp/spool" "$@"
}

# json WHAT EXPRESSION ARGUMENT...: true of `rows`, the objects that queue prints.
json()
{
	what=$1
	expression=$2
	shift 2
	queue "$@" --json >"$tmp/json" || complain "$what: $(cat "$tmp/err")"
	python3 -c 'import json, sys
rows = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
sys.exit(0 if eval("(" + sys.argv[2] + ")") else str(rows)[:800])' "$tmp/json" "$expression" 2>"$tmp/said" ||
		complain "$what: not $expression: $(tail -1 "$tmp/said")"
}

states()
{
	queue list --json | python3 -c 'import json, sys
print(" ".join(sorted("%s.%d=%s" % (r["id"], r["index"], r["state"]) for r in map(json.loads, sys.stdin))))'
}

states_are()
{
	[ "$(states)" = "$1" ]
}

# --- the command line

exits 0 "$mailwhy" queue --help
has out --once
queue_exits 66 list
has err "$tmp/spool"
mkdir "$tmp/spool"
queue_exits 66 list
queue_exits 66 retry 1
queue_exits 66 run --once
[ -z "$(ls "$tmp/spool")" ] || complain 'looking made a queue'
queue_exits 64 dance
queue_exits 64 --no-such-option
exits 78 "$mailwhy" queue --config "$tmp/none.conf"

# --- with a server; port 1 refuses all connections

start --listen 127.0.0.1:0 --http 127.0.0.1:0 --spool "$tmp/spool" --relay-from 127.0.0.1/32 --route 127.0.0.1:1
[ "$(stat -c %a "$tmp/spool/control")" = 600 ] || complain 'anybody may use the control socket'
queue_exits 0 list
has out 'The queue is empty.'
json 'an empty queue' 'rows == []' list
mail a@client.example one@example.org two@example.net
await 'a try' sh -c "'$mailwhy' queue --spool '$tmp/spool' list --json | grep -q connection-failed"
mail 'x@client.example' three@example.org

queue_exits 0 list
is_harmless out
has out 'one@example.org'
has out '2 messages ('
has out '3 queued, 0 held, 0 failed'
json 'a list' 'len(rows) == 3 and [(r["id"], r["index"]) for r in rows] == [("1", 0), ("1", 1), ("2", 0)]' list
json 'a row' 'all(r["sender"] == "a@client.example" and r["state"] == "queued" and r["size"] > 10
	and r["arrival"].endswith("Z") and r["next_try"].endswith("Z") and not r["uncertain"] for r in rows[:2])
	and rows[0]["recipient"] == "one@example.org" and rows[1]["destination"] == "example.net"
	and any(r["attempts"] == 1 and r["category"] == "connection-failed" and r["permanence"] == "temporary" for r in rows)' list

tried=$(queue list --json | sed -n 's/^{"id":"1","index":\([01]\),.*"category":"connection-failed".*/\1/p' | head -1)
queue_exits 0 show "1.$tried"
is_harmless out
has out 'Message 1'
has out '  sender    <a@client.example>'
has out '  1. '
has out 'connection-failed (connect)'
has out 'by the schedule of its category'
has out 'next try  '
has out 'its sender is told of the delay'
has out 'schedule  connection-failed: after'
json 'a story' 'len(rows) == 1 and len(rows[0]["attempts"]) == rows[0]["attempt_count"] == 1
	and rows[0]["attempts"][0]["category"] == "connection-failed" and rows[0]["attempts"][0]["why"]
	and rows[0]["attempts"][0]["next_try"] == rows[0]["next_try"] and rows[0]["stage"] == "connect"' show "1.$tried"
json 'a message' 'len(rows) == 2' show 1
queue_exits 66 show 7
queue_exits 66 show 1.7
queue_exits 64 show
queue_exits 64 show x

queue_exits 0 destinations
has out '127.0.0.1:1'
has out 'messages per connection'
has out 'down since'
json 'destinations' 'len(rows) == 1 and rows[0]["connections"]["now"] >= 1 and rows[0]["connections"]["open"] == 0
	and rows[0]["connections"]["ceiling"] is None and rows[0]["messages_per_minute"]["now"] is None
	and rows[0]["refused"] >= 1 and rows[0]["down_since"] and rows[0]["last"]' destinations
python3 - "$(at http)" >"$tmp/out" <<'END'
import sys, urllib.request
print(urllib.request.urlopen("http://%s/metrics" % sys.argv[1], timeout=20).read().decode())
END
has out 'mailwhy_queue_age_recipients{older_than="1m"} 0'
has out 'dimension="connections"} '

queue_exits 0 hold 1.0
has out '1.0: hold: 1 recipient'
await 'a hold' states_are '1.0=held 1.1=queued 2.0=queued'
queue_exits 0 show 1.0
has out 'held      until'
queue_exits 0 release 1.0
await 'a release' states_are '1.0=queued 1.1=queued 2.0=queued'
queue_exits 0 hold 1
await 'a hold of all' states_are '1.0=held 1.1=held 2.0=queued'
queue_exits 0 retry 1.1 --json
has out '{"id":"1.1","change":"retry","recipients":1}'
queue_exits 0 delete 1.1
await 'a delete' states_are '1.0=held 2.0=queued'
queue_exits 0 fail 2
await 'an end' sh -c "'$mailwhy' queue --spool '$tmp/spool' list --json | grep '^{\"id\":\"2\"' | grep -q queued && exit 1 || exit 0"
queue_exits 66 hold 1.1
has err 'no such message'
queue_exits 66 delete 77
queue_exits 64 hold x
queue_exits 64 hold 1.x
queue_exits 64 hold 0
queue_exits 64 hold
queue_exits 0 flush
queue_exits 0 flush 127.0.0.1:1
queue_exits 64 flush a b
queue_exits 69 run --once
# A socket of TCP changes nothing.
python3 - "$(at http)" <<'END' || complain 'HTTP changes the queue'
import http.client, sys
c = http.client.HTTPConnection(sys.argv[1], timeout=20)
c.request("POST", "/queue/delete?id=1")
sys.exit(0 if c.getresponse().status in (404, 405, 501) else 1)
END
states | grep -q 1.0=held || complain 'it was deleted by TCP'
stop
[ ! -e "$tmp/spool/control" ] || complain 'the control socket stays'

# --- what is ready in memory, behind the one connection that is at work

start --listen 127.0.0.1:0 --spool "$tmp/slow" --scenario builtin --http 127.0.0.1:0
slow_pid=$pid
slow_http=$(at http)
cat >"$tmp/one.conf" <<END
[delivery]
destination-connections = 1
[relay]
route = $(at smtp)
networks = 127.0.0.1/32
END
start --config "$tmp/one.conf" --listen 127.0.0.1:0 --spool "$tmp/ready-spool"
mv "$tmp/spool" "$tmp/spool.kept"
ln -s ready-spool "$tmp/spool"
mail a@client.example delay-rcpt-4@scenario.test
mail a@client.example held@example.org
mail a@client.example deleted@example.org
mail a@client.example sent@example.org
queue_exits 0 hold 2
queue_exits 0 delete 3.0
await 'what is left' states_are '2.0=held'
python3 - "$slow_http" >"$tmp/out" <<'END'
import json, sys, urllib.request
m = json.load(urllib.request.urlopen("http://%s/messages" % sys.argv[1], timeout=20))
print(m)
END
has out 'sent@example.org'
has out 'delay-rcpt-4@scenario.test'
lacks out 'held@example.org'
lacks out 'deleted@example.org'
stop
stop "$slow_pid"
rm "$tmp/spool"
mv "$tmp/spool.kept" "$tmp/spool"

# --- without a server

queue_exits 0 destinations
has err 'no server runs'
queue_exits 0 list
has out 'one@example.org'
queue_exits 0 release 1.0
has out '1.0: release: 1 recipient'
json 'released' '[r["state"] for r in rows if r["id"] == "1"] == ["queued"]' list
queue_exits 0 hold 1
json 'held' '[r["state"] for r in rows if r["id"] == "1"] == ["held"]' list
queue_exits 0 fail 1.0
json 'failed' '[r["state"] for r in rows if r["id"] == "1"] == ["failed"]' list
queue_exits 66 delete 99
queue_exits 0 flush
has err 'no server runs'
queue_exits 64 run
queue_exits 64 run --once --wait x
for id in $(queue list --json | sed 's/^{"id":"\([0-9]*\)".*/\1/' | sort -u); do
	queue_exits 0 delete "$id"
done
json 'all deleted' 'rows == []' list
ln -s "$mailwhy" "$tmp/mailq"
exits 0 "$tmp/mailq" --spool "$tmp/spool"
has out 'The queue is empty.'

# Another process has it, and has no control socket.
python3 - "$tmp/spool/lock" >"$tmp/locked" <<'END' &
import fcntl, sys, time
f = open(sys.argv[1], "r+")
fcntl.flock(f, fcntl.LOCK_EX)
print("locked", flush=True)
time.sleep(60)
END
locker=$!
pids="$pids $locker"
await 'a lock' grep -q locked "$tmp/locked"
queue_exits 69 hold 1
has err 'does not answer'
queue_exits 0 list
kill -9 "$locker"
wait "$locker" 2>/dev/null

# --- run --once, to a server that plays by the scenario

start --listen 127.0.0.1:0 --spool "$tmp/sink" --scenario builtin
sink=$(at smtp)
sink_pid=$pid
start --listen 127.0.0.1:0 --spool "$tmp/spool" --relay-from 127.0.0.1/32 --route 127.0.0.1:1
mail a@client.example plain@example.org
mail a@client.example rcpt-550-5.1.1@scenario.test
await 'a try' sh -c "'$mailwhy' queue --spool '$tmp/spool' list --json | grep -q connection-failed"
stop
for id in $(queue list --json | sed 's/^{"id":"\([0-9]*\)".*/\1/' | sort -u); do
	queue_exits 0 retry "$id"
done
queue_exits 0 run --once --route "$sink" --wait 30 --json
python3 - "$tmp/out" <<'END' || complain "run --once: $(head -c 1000 "$tmp/out")"
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
told = {(r.get("event"), r.get("recipient"), r.get("category")) for r in rows}
sys.exit(0 if ("delivered", "plain@example.org", "delivered") in told and
         ("failed", "rcpt-550-5.1.1@scenario.test", "recipient-unknown") in told else 1)
END
json 'what is left' 'not any(r["state"] == "queued" or r["recipient"] == "plain@example.org" for r in rows)' list
for id in $(queue list --json | sed 's/^{"id":"\([0-9]*\)".*/\1/' | sort -u); do
	queue_exits 0 delete "$id"
done
queue_exits 0 run --once --route "$sink" --wait 30
has out 'The queue is empty.'
stop "$sink_pid"

# --- what was found of a destination is known after a restart

python3 - "$tmp/spool/queue.db" <<'END' || complain 'no memory was written'
import sqlite3, sys
now = 1700000000000
places = [("route 127.0.0.1:1 ", ""), ("route 127.0.0.1:1", ""), ("route 127.0.0.1:1 ", "127.0.0.9"), ("route 127.0.0.1:1 a", "")]
rows = [(key, source, name, limit, limit, now, 0, 1) for limit, (key, source) in enumerate(places, 5)
        for name in ("connections", "messages-per-minute")]
rows += [("%d.example" % n, "", "connections", 1, 1, now, 0, 1) for n in range(500)]
with sqlite3.connect(sys.argv[1]) as db:
    db.execute("DELETE FROM destination")
    db.executemany("INSERT INTO destination VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
END
start --listen 127.0.0.1:0 --spool "$tmp/spool" --relay-from 127.0.0.1/32 --route 127.0.0.1:1
mail a@client.example plain@example.org
await 'a try' sh -c "'$mailwhy' queue --spool '$tmp/spool' list --json | grep -q connection-failed"
json 'a memory' 'len(rows) == 1 and rows[0]["connections"]["ceiling"] == rows[0]["messages_per_minute"]["now"] == 5
	and rows[0]["connections"]["found"].startswith("2023-11-14T")' destinations
stop
finish
