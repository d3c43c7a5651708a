# SPDX-License-Identifier: MIT
# The other way round: mailwhy sends on what it takes, and Postfix, Exim, OpenSMTPD and another mailwhy
# receive. Where a mail goes says the recipient's domain; each receiver has the mailboxes ann@ and joe@.
. "$here/lib.sh"
dir=$work/relay
pids=
ours=
mkdir -p "$dir"

# free_port: one that nobody listens at just now.
free_port()
{
	python3 -c 'import socket
with socket.create_server(("127.0.0.1", 0)) as s: print(s.getsockname()[1])'
}

# awaits COMMAND...: until it succeeds, for ten seconds.
awaits()
{
	for n in $(seq 100); do
		if "$@"; then
			return 0
		fi
		sleep 0.1
	done
	return 1
}

accepts()
{
	python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1).close()' "$1" \
		2>"$work/out"
}

finish()
{
	[ -z "$postfix" ] || chroot "$postfix" postfix stop >/dev/null 2>&1
	for pid in $pids $ours; do
		kill "$pid" 2>/dev/null
	done
	wait
}

# Each mailwhy ends well when it is told to.
stop_ours()
{
	kill $ours
	for pid in $ours; do
		wait "$pid" || {
			cat "$dir"/*.err >"$work/out"
			fail "a mailwhy ended with $?"
		}
	done
	ours=
}

# folder ROOT: what the receiver in that root delivers to, emptied; it belongs to the user mail.
folder()
{
	rm -rf "$1/srv/relay"
	mkdir -p "$1/srv/relay"
	chroot "$1" chown mail:mail /srv/relay
}

# --- the receivers

# The certificate of all receivers but the test server is of the name localhost alone.
write_certificate()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
	chmod 600 "$dir/key.pem"
	cat "$dir/cert.pem" "$work/cert.pem" >"$dir/authorities.pem"
}

start_postfix()
{
	root=$INTEROP_CACHE/postfix
	folder "$root"
	cp "$dir/cert.pem" "$dir/key.pem" "$root/etc/postfix/"
	cat >"$root/etc/postfix/main.cf" <<END
compatibility_level = 3.6
myhostname = postfix.example
mydestination =
mynetworks =
inet_interfaces = loopback-only
inet_protocols = ipv4
alias_maps =
alias_database =
maillog_file = /var/log/postfix.log
message_size_limit = 0
mailbox_size_limit = 0
virtual_mailbox_limit = 0
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
smtputf8_enable = yes
smtpd_tls_security_level = may
smtpd_tls_cert_file = /etc/postfix/cert.pem
smtpd_tls_key_file = /etc/postfix/key.pem
smtpd_tls_loglevel = 1
smtpd_tls_received_header = yes
smtpd_relay_restrictions = reject_unauth_destination
virtual_mailbox_domains = postfix.example, must.example, name.example, clear.example
virtual_mailbox_base = /srv/relay
virtual_mailbox_maps = inline:{ $(
		for domain in postfix must name clear; do
			printf '{ann@%s.example = ann/}, {joe@%s.example = joe/}, ' $domain $domain
		done
		echo '{zoë@postfix.example = ann/}'
	) }
virtual_uid_maps = static:8
virtual_gid_maps = static:8
virtual_minimum_uid = 1
END
	cat >"$root/etc/postfix/master.cf" <<END
127.0.0.1:$POSTFIX inet n - n - - smtpd
pickup unix n - n 1 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 5 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
END
	find "$root/var/spool/postfix" -type f -path '*/[0-9A-F]*' -delete
	: >"$root/var/log/postfix.log"
	chmod 666 "$root/var/log/postfix.log"
	chroot "$root" postfix start >"$work/out" 2>&1 || fail 'Postfix does not start'
	postfix=$root
}

start_exim()
{
	root=$INTEROP_CACHE/exim
	folder "$root"
	cp "$dir/cert.pem" "$dir/key.pem" "$root/etc/exim4/"
	chroot "$root" chown Debian-exim /etc/exim4/key.pem
	cat >"$root/etc/exim4/exim4.conf" <<END
primary_hostname = exim.example
domainlist local_domains = exim.example
keep_environment =
disable_ipv6 = true
host_lookup =
rfc1413_query_timeout = 0s
local_interfaces = 127.0.0.1
daemon_smtp_ports = $EXIM
tls_advertise_hosts = *
tls_certificate = /etc/exim4/cert.pem
tls_privatekey = /etc/exim4/key.pem
chunking_advertise_hosts = *
acl_smtp_rcpt = rcpt
acl_smtp_data = accept
begin acl
rcpt:
  require domains = +local_domains
  require verify = recipient
  accept
begin routers
here:
  driver = accept
  local_parts = ann : joe
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = /srv/relay/\$local_part_data
  maildir_format
  create_directory
  user = mail
  group = mail
END
	chmod 644 "$root/etc/exim4/exim4.conf"
	find "$root/var/spool/exim4" -type f -delete
	: >"$root/var/log/exim4/mainlog"
	chroot "$root" chown Debian-exim:adm /var/log/exim4/mainlog
	chroot "$root" exim4 -bdf -oX "$EXIM" -oP /tmp/exim-relay.pid >"$dir/exim.log" 2>&1 &
	pids="$pids $!"
}

start_opensmtpd()
{
	root=$INTEROP_CACHE/opensmtpd
	folder "$root"
	cp "$dir/cert.pem" "$dir/key.pem" "$root/etc/"
	cat >"$root/etc/smtpd.conf" <<END
pki localhost cert "/etc/cert.pem"
pki localhost key "/etc/key.pem"
table people { ann = "8:8:/srv/relay", joe = "8:8:/srv/relay" }
smtp max-message-size 50M
listen on socket
listen on 127.0.0.1 port $OPENSMTPD tls pki localhost hostname opensmtpd.example
action "in" maildir "/srv/relay/%{user.username}" userbase <people>
match from any for domain "opensmtpd.example" action "in"
END
	chmod 640 "$root/etc/smtpd.conf"
	find "$root/var/spool/smtpd" -type f -delete 2>/dev/null
	rm -f "$root/run/smtpd.sock" "$root/var/run/smtpd.sock"
	chroot "$root" smtpd -d -v >"$dir/smtpd.log" 2>&1 &
	pids="$pids $!"
}

# start_mailwhy NAME OPTION...: a server whose files begin with that name.
start_mailwhy()
{
	name=$1
	shift
	: >"$dir/$name.ready"
	"$mailwhy" serve --quiet --spool "$dir/$name.spool" --log "$dir/$name.log" --ready-fd 3 "$@" \
		3>"$dir/$name.ready" 2>"$dir/$name.err" &
	ours="$ours $!"
	awaits test -s "$dir/$name.ready" || {
		cp "$dir/$name.err" "$work/out"
		fail "$name does not start"
	}
}

# port NAME SERVICE
port()
{
	sed -n "s/.* $2 127\.0\.0\.1:\([0-9]*\).*/\1/p" "$dir/$1.ready"
}

# --- mailwhy between them

# write_relay NAME [LINE OF SECTION DELIVERY]
write_relay()
{
	cat >"$dir/$1.conf" <<END
[server]
hostname = relay.example
[listen]
smtp = 127.0.0.1:0
[local]
domains = example.org
mailboxes = $dir/$1.mail
[relay]
networks = 127.0.0.0/8
routes = $dir/routes
[delivery]
$2
END
	chmod 600 "$dir/$1.conf"
}

write_routes()
{
	echo secret >"$dir/right"
	echo wrong >"$dir/wrong"
	cat >"$dir/routes" <<END
postfix.example    127.0.0.1:$POSTFIX
clear.example      127.0.0.1:$POSTFIX tls=none
must.example       localhost:$POSTFIX tls=must
name.example       127.0.0.1:$POSTFIX tls=must
address.example    127.0.0.1:$(port sink smtp) tls=must
exim.example       127.0.0.1:$EXIM
opensmtpd.example  127.0.0.1:$OPENSMTPD
login.example      127.0.0.1:$(port submission submission) user=us@login.example password-file=$dir/right tls=none
wrong.example      127.0.0.1:$(port submission submission) user=us@login.example password-file=$dir/wrong tls=none
guarded.example    127.0.0.1:$(port submission submission) user=us@login.example password-file=$dir/right
sink.example       127.0.0.1:$(port sink smtp)
END
	chmod 600 "$dir/right" "$dir/wrong" "$dir/routes"
}

# send KIND NAME TO[,TO...] [RELAY]
send()
{
	# swaks ends the last line itself.
	mail "$1" "$2" | head -c -1 >"$work/mail.eml"
	sent "$2" swaks --helo client.example --from bob@example.org --to "$3" --server 127.0.0.1 \
		--port "$(port "${4:-relay}" smtp)" --data "@$work/mail.eml"
}

# got KIND NAME FOLDER [PATTERN]: it is in that Maildir once, word for word, and its Received fields have
# the pattern.
got()
{
	if ! awaits grep -rqlx "Subject: $client-$2" "$3/new" 2>/dev/null; then
		tail -3 "$dir/relay.log" >"$work/out"
		fail "$2: did not arrive"
		return
	fi
	file=$(grep -rlx "Subject: $client-$2" "$3/new")
	if [ "$(echo "$file" | wc -l)" != 1 ]; then
		fail "$2: arrived more than once"
	elif ! sed '1,/^$/d' "$file" >"$work/got" || ! body "$1" | cmp -s - "$work/got"; then
		body "$1" | diff - "$work/got" | head -5 >"$work/out"
		fail "$2: came changed"
	elif ! sed '/^$/q' "$file" | grep -q -e "${4:-.}"; then
		sed '/^$/q' "$file" >"$work/out"
		fail "$2: its header lacks $4"
	else
		pass "$2"
	fi
}

# has FILE PATTERN...: a line in which all of them are.
has()
{
	file=$1
	shift
	found=$(cat "$file" 2>/dev/null)
	for pattern; do
		found=$(printf '%s\n' "$found" | grep -e "$pattern")
	done
	[ -n "$found" ]
}

# logged NAME RELAY EVENT RECIPIENT PATTERN...: so it stands in the log of that relay.
logged()
{
	name=$1 log=$dir/$2.log event=$3 to=$4
	shift 4
	if awaits has "$log" "\"event\":\"$event\"" "\"recipient\":\"$to\"" "$@"; then
		pass "$name"
	else
		grep -e "\"recipient\":\"$to\"" "$log" >"$work/out"
		fail "$name: not so in the log: $event $*"
	fi
}

tells_bounce()
{
	"$mailwhy" bounce --json "$dir/relay.mail/example.org/bob" >"$dir/bounces" 2>/dev/null
	has "$dir/bounces" "\"recipient\":\"$1\"" '"kind":"bounce"' '"category":"recipient-unknown"' \
		'"permanence":"permanent"' "$2"
}

# bounced NAME RECIPIENT [PATTERN]: a letter to the sender says that nobody has that address.
bounced()
{
	if awaits tells_bounce "$2" "${3:-.}"; then
		pass "$1"
	else
		cp "$dir/bounces" "$work/out"
		fail "$1: the sender was not told"
	fi
}

to_postfix()
{
	mailboxes=$postfix/srv/relay
	send dots postfix-dots ann@postfix.example
	send eight postfix-eight ann@postfix.example
	send long postfix-long ann@postfix.example
	send three postfix-3M ann@postfix.example
	send dots postfix-clear ann@clear.example
	send dots postfix-chunks ann@postfix.example chunks
	send three postfix-chunks-3M ann@postfix.example chunks
	send dots postfix-unknown nobody@postfix.example
	send dots postfix-several joe@postfix.example,no1@postfix.example,ann@postfix.example,no2@postfix.example
	got dots postfix-dots "$mailboxes/ann" 'using TLSv1.3'
	got eight postfix-eight "$mailboxes/ann"
	got long postfix-long "$mailboxes/ann"
	got three postfix-3M "$mailboxes/ann"
	got dots postfix-clear "$mailboxes/ann" 'by postfix.example (Postfix) with ESMTP id'
	got dots postfix-chunks "$mailboxes/ann"
	got three postfix-chunks-3M "$mailboxes/ann"
	got dots postfix-several "$mailboxes/ann"
	got dots postfix-several "$mailboxes/joe"
	logged 'TLS with Postfix' relay delivered ann@postfix.example '"tls":"TLSv1.3 '
	logged 'refused at RCPT' relay failed nobody@postfix.example '"stage":"rcpt"' '"status":"5.1.1"' '"reply":"550"'
	bounced 'Postfix knows no such user' nobody@postfix.example '"status":"5.1.1"'
	bounced 'the second of four' no1@postfix.example
	bounced 'the last of four' no2@postfix.example
}

to_postfix_by_tls()
{
	send dots must-stranger ann@must.example
	send dots must-name ann@name.example trusting
	send dots must ann@must.example trusting
	send dots must-address ann@address.example trusting
	logged 'certificate of nobody we trust' relay deferred ann@must.example '"category":"tls-failed"'
	logged 'certificate of another name' trusting deferred ann@name.example '"category":"tls-failed"'
	got dots must "$postfix/srv/relay/ann" 'using TLSv1.3'
	logged 'certificate of an address' trusting delivered ann@address.example '"tls":"TLSv1.3 '
	logged 'TLS as it must be' trusting delivered ann@must.example '"tls":"TLSv1.3 '
	if grep -rqx -e "Subject: $client-must-stranger" -e "Subject: $client-must-name" "$postfix/srv/relay"; then
		fail 'sent to whom it must not trust'
	fi
}

# to_other NAME: Exim or OpenSMTPD. The latter offers TLS that fails with anybody in some versions (6.8 with
# OpenSSL 3): then its mail has to arrive without.
to_other()
{
	mailboxes=$INTEROP_CACHE/$1/srv/relay
	for kind in dots eight long three; do
		send $kind "$1-$kind" "ann@$1.example"
	done
	send dots "$1-chunks" "ann@$1.example" chunks
	send dots "$1-several" "joe@$1.example,nobody@$1.example"
	for kind in dots eight long three; do
		got $kind "$1-$kind" "$mailboxes/ann"
	done
	got dots "$1-chunks" "$mailboxes/ann"
	got dots "$1-several" "$mailboxes/joe"
	bounced "$1 knows no such user" "nobody@$1.example" '"reply":"550"'
}

to_submission()
{
	send dots login ann@login.example
	send dots login-wrong ann@wrong.example
	send dots login-guarded ann@guarded.example
	got dots login "$dir/submission.mail/login.example/ann" 'with ESMTPA id'
	logged 'wrong password' relay '\(deferred\|failed\)' ann@wrong.example '"category":"auth-failed"' '"reply":"535"'
	logged 'no login without TLS' relay deferred ann@guarded.example '"category":"\(tls\|encryption\)-[a-z]*"'
}

in_sink()
{
	grep -c -e '"event":"accepted".*"recipient":"ann@sink.example"' "$dir/sink.log"
}

sink_has()
{
	[ "$(in_sink)" -ge "$1" ]
}

to_sink()
{
	send dots sink ann@sink.example
	awaits sink_has 1 && pass 'a test server' || fail 'a test server'
	chroot "$INTEROP_CACHE/postfix" smtp-source -s 5 -m 200 -l 2000 -f bob@example.org -t ann@sink.example \
		"127.0.0.1:$(port relay smtp)" >"$work/out" 2>&1 || fail 'smtp-source'
	awaits sink_has 201
	: >"$work/out"
	[ "$(in_sink)" = 201 ] && pass '200 mails of smtp-source' || fail "200 mails of smtp-source: $(in_sink) with one before"
}

postfix=
trap finish EXIT
trap 'exit 143' INT TERM
POSTFIX=$(free_port) EXIM=$(free_port) OPENSMTPD=$(free_port)
write_certificate
start_postfix
start_exim
start_opensmtpd
printf 'us@login.example %s sender=*\nann@login.example\n' "$(echo secret | "$mailwhy" config hash)" >"$dir/users"
start_mailwhy submission --submission 127.0.0.1:0 --auth-plaintext --users "$dir/users" --domain login.example \
	--mailboxes "$dir/submission.mail"
start_mailwhy sink --listen 127.0.0.1:0 --scenario builtin --certificate "$work/cert.pem" --key "$work/key.pem"
write_routes
write_relay relay
write_relay chunks 'chunking = yes'
write_relay trusting "authorities = $dir/authorities.pem"
for name in relay chunks trusting; do
	start_mailwhy $name --config "$dir/$name.conf"
done
for port in $POSTFIX $EXIM $OPENSMTPD; do
	awaits accepts "$port" || fail "nobody listens at $port"
done
to_postfix
to_postfix_by_tls
to_other exim
# Exim marks by K what came by BDAT.
has "$INTEROP_CACHE/exim/var/log/exim4/mainlog" '<= bob@example.org' ' K ' "$client-exim-chunks@" && pass 'chunks to Exim' ||
	fail 'chunks to Exim'
logged 'TLS with Exim' relay delivered ann@exim.example '"tls":"TLSv1.3 '
to_other opensmtpd
to_submission
to_sink
stop_ours
