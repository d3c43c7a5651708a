#!/bin/sh
# Asks NSD, by way of Unbound, where mail goes: tests/interop/dns.sh BUILD_DIR
#
# NSD has zones that ldns-signzone signed, Unbound caches and validates nothing: that is for us to do. Both
# are our own, on ports of 127.0.0.1, with all they have in a folder that is removed at the end. Without
# these programs, and without the right to install them: 77, skipped.
set -eu
export LC_ALL=C

client=${1:?"usage: tests/interop/dns.sh BUILD_DIR"}/tests/test_mx
[ -x "$client" ] || { echo "$client is not built"; exit 66; }
PATH=$PATH:/usr/sbin:/sbin
for program in nsd unbound ldns-signzone ldns-key2ds; do
	command -v $program >/dev/null && continue
	[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "no $program here"; exit 77; }
	apt-get install -y --no-install-recommends nsd unbound ldnsutils >/dev/null 2>&1 ||
		{ echo "$program can not be installed"; exit 77; }
done

dir=$(mktemp -d /tmp/mailwhy-dns.XXXXXX)
chmod 755 "$dir"
nsd=
unbound=

stop()
{
	kill "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

finish()
{
	status=$?
	trap - EXIT
	[ -z "$unbound" ] || stop "$unbound"
	[ -z "$nsd" ] || stop "$nsd"
	[ $status = 0 ] || tail -n 5 "$dir"/*.log
	rm -rf "$dir"
	exit $status
}
trap finish EXIT
trap 'exit 1' INT TERM

# Ports that are free now.
set -- $(python3 -c 'import socket
s = [socket.socket() for i in range(2)]
[x.bind(("127.0.0.1", 0)) for x in s]
print(*[x.getsockname()[1] for x in s])')
nsd_port=$1 port=$2

zone()
{
	printf '$ORIGIN %s.\n$TTL 600\n@ SOA ns admin 1 3600 3600 3600 300\n@ NS ns\nns A 127.0.0.1\n' "$1"
	printf '@ MX 20 mx2\n@ MX 10 mx1\nmx1 A 192.0.2.1\nmx1 AAAA 2001:db8::1\nmx2 A 192.0.2.2\n'
	printf 'null MX 0 .\nweb A 192.0.2.3\ntext TXT "no mail here"\nalias CNAME @\n*.wild MX 5 mx1\n'
	printf 'dead MX 10 gone\nround CNAME about\nabout CNAME round\n'
	for i in $(seq 100); do printf 'large MX %d a-mail-server-with-a-long-name-%d\n' $((100 + i)) "$i"; done
	printf 'large MX 1 mx1\n'
}

# sign NAME OPTION...
sign()
{
	name=$1
	shift
	key=$(cd "$dir" && ldns-keygen -k -a ECDSAP256SHA256 "$name")
	ldns-signzone "$@" -f "$dir/$name" "$dir/$name.plain" "$dir/$key"
	ldns-key2ds -n -2 "$dir/$key.key" >>"$dir/trust"
}

for name in signed.test expired.test unsigned.test denied.test; do zone $name >"$dir/$name.plain"; done
: >"$dir/trust"
sign signed.test
sign denied.test -n
sign expired.test -i 20200101000000 -e 20200201000000
cp "$dir/unsigned.test.plain" "$dir/unsigned.test"

{
	printf 'server:\n  ip-address: 127.0.0.1\n  port: %s\n  username: ""\n  chroot: ""\n' "$nsd_port"
	printf '  zonesdir: "%s"\n  database: ""\n  pidfile: ""\n  xfrdfile: "%s/xfrd"\n' "$dir" "$dir"
	printf '  zonelistfile: "%s/list"\n  logfile: "%s/nsd.log"\n' "$dir" "$dir"
	printf 'remote-control:\n  control-enable: no\n'
	for name in signed.test denied.test expired.test unsigned.test; do
		printf 'zone:\n  name: %s\n  zonefile: %s\n' $name $name
	done
} >"$dir/nsd.conf"
{
	printf 'server:\n  interface: 127.0.0.1\n  port: %s\n  username: ""\n  chroot: ""\n' "$port"
	printf '  do-daemonize: no\n  pidfile: ""\n  use-syslog: no\n  logfile: "%s/unbound.log"\n' "$dir"
	printf '  module-config: "iterator"\n  do-not-query-localhost: no\n  directory: "%s"\n' "$dir"
	printf '  local-zone: "test." nodefault\nremote-control:\n  control-enable: no\n'
	for name in signed.test denied.test expired.test unsigned.test; do
		printf 'stub-zone:\n  name: %s\n  stub-addr: 127.0.0.1@%s\n' $name "$nsd_port"
	done
} >"$dir/unbound.conf"

nsd -d -c "$dir/nsd.conf" >"$dir/nsd-start.log" 2>&1 &
nsd=$!
unbound -d -c "$dir/unbound.conf" >"$dir/unbound-start.log" 2>&1 &
unbound=$!

failed=0
# expect NAME DOMAIN WORDS: what is said of the domain begins so.
expect()
{
	said=$("$client" "127.0.0.1@$port" "$dir/trust" "$2")
	case $said in
	"$2 $3"*) echo "ok: $1" ;;
	*)
		echo "FAILED: $1: $said"
		failed=1
		;;
	esac
}

# Until both are there.
for n in $(seq 50); do
	"$client" "127.0.0.1@$port" "$dir/trust" signed.test | grep -q ' OK ' && break
	sleep 0.2
done

hosts='mx1.signed.test/10 2001:db8::1 192.0.2.1 mx2.signed.test/20 192.0.2.1'
expect 'a signed zone' signed.test "OK secure $hosts"
expect 'an alias' alias.signed.test "OK secure $hosts"
expect 'a wildcard' any.wild.signed.test 'OK secure mx1.signed.test/5 2001:db8::1'
expect 'more than a datagram' large.signed.test 'OK secure mx1.signed.test/1 2001:db8::1'
expect 'no mail here' null.signed.test 'NULL secure'
expect 'no MX' web.signed.test 'OK secure web.signed.test/0 192.0.2.3'
expect 'no address' text.signed.test 'NO_ADDRESS secure'
expect 'a dead MX' dead.signed.test 'NO_ADDRESS secure'
expect 'no such name' nowhere.signed.test 'NO_DOMAIN secure'
expect 'no such name, by NSEC3' nowhere.denied.test 'NO_DOMAIN secure'
expect 'no MX, by NSEC3' web.denied.test 'OK secure web.denied.test/0 192.0.2.3'
expect 'aliases in a circle' round.signed.test 'TROUBLE'
expect 'an unsigned zone' unsigned.test 'OK insecure mx1.unsigned.test/10 2001:db8::1'
expect 'signatures of last year' expired.test 'BOGUS insecure'
stop "$nsd"
nsd=
expect 'still in the cache' signed.test "OK secure $hosts"
stop "$unbound"
unbound=
expect 'no server any more' signed.test 'TROUBLE'
exit $failed
