#!/bin/sh
# Delivers to Dovecot by LMTP: tests/interop/dovecot.sh BUILD_DIR
#
# A Dovecot of its own: configuration, sockets, mailboxes and log lie in a folder that is
# removed at the end. Without Dovecot, and without the right to install it: 77, skipped.
set -eu
export LC_ALL=C

client=${1:?"usage: tests/interop/dovecot.sh BUILD_DIR"}/tests/test_lmtp
PATH=$PATH:/usr/sbin:/sbin
lmtp=/usr/lib/dovecot/lmtp
if ! command -v dovecot >/dev/null || [ ! -x $lmtp ]; then
	[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo 'no Dovecot here'; exit 77; }
	apt-get install -y --no-install-recommends dovecot-lmtpd >/dev/null 2>&1 ||
		{ echo 'Dovecot can not be installed'; exit 77; }
fi

dir=$(mktemp -d /tmp/mailwhy-dovecot.XXXXXX)
chmod 755 "$dir"
pid=

finish()
{
	status=$?
	trap - EXIT
	if [ -n "$pid" ]; then
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	fi
	[ $status = 0 ] || ! [ -f "$dir/log" ] || tail -20 "$dir/log"
	rm -rf "$dir"
	exit $status
}
trap finish EXIT
trap 'exit 1' INT TERM

# Mail never belongs to root. Without root, all of Dovecot runs as we do.
if [ "$(id -u)" = 0 ]; then
	owner=nobody
	internal=dovecot
	login=dovenull
else
	owner=$(id -un)
	internal=$owner
	login=$owner
fi
uid=$(id -u "$owner")
gid=$(id -g "$owner")
mkdir "$dir/mail"
chown "$uid:$gid" "$dir/mail"
printf '%s\n' alice@example.org bob@example.org | sed "s|\$|:{PLAIN}x:$uid:$gid::$dir/mail::|" >"$dir/users"
cat >"$dir/dovecot.conf" <<END
base_dir = $dir/run
state_dir = $dir/state
log_path = $dir/log
protocols = lmtp
ssl = no
default_internal_user = $internal
default_internal_group = $(id -gn "$internal")
default_login_user = $login
first_valid_uid = $uid
first_valid_gid = $gid
mail_location = maildir:$dir/mail/%n
passdb {
	driver = passwd-file
	args = $dir/users
}
userdb {
	driver = passwd-file
	args = $dir/users
}
service anvil {
	chroot =
}
service lmtp {
	user = $owner
	unix_listener $dir/lmtp {
		mode = 0666
	}
}
service auth {
	unix_listener auth-userdb {
		mode = 0666
	}
}
END
if [ "$(id -u)" != 0 ]; then
	printf 'service %s {\n\tchroot =\n}\n' imap-login pop3-login stats >>"$dir/dovecot.conf"
fi

dovecot -F -c "$dir/dovecot.conf" &
pid=$!
for i in 1 2 3 4 5 6 7 8 9 10; do
	[ -S "$dir/lmtp" ] && break
	sleep 0.3
done

failed=0
expect()
{
	if printf '%s\n' "$2" | grep -q "$3"; then
		echo "ok: $1"
	else
		echo "FAILED: $1: $2"
		failed=1
	fi
}

# Dovecot puts its trace in front and keeps lines that end in LF.
expect_mail()
{
	set -- "$1" "$2" "$dir"/mail/"$3"/new/*
	if [ $# = 3 ] && tail -c "$(wc -c <"$2")" "$3" | cmp -s - "$2"; then
		echo "ok: $1"
		rm "$3"
	else
		echo "FAILED: $1: not word for word in $3"
		failed=1
	fi
}

deliver()
{
	"$client" "$dir/lmtp" s@example.net "$@"
}

{
	printf 'From: s@example.net\nSubject: gr\303\274n\n\n'
	printf '.\n..\n.dot\n. \nlast\001 \377 line\n'
	awk 'BEGIN { while (i++ < 900) printf "x"; print "" }'
} >"$dir/small"
sed 's/$/\r/' "$dir/small" >"$dir/small.crlf"
{
	printf 'Subject: big\n\n'
	seq 1 400000 | sed 's/0$/./; s/^5.*3$/.&/'
} >"$dir/big"

said=$(deliver "$dir/small" alice@example.org)
expect 'one recipient' "$said" '^alice@example.org 250 2\.'
expect_mail 'lines that end in LF' "$dir/small" alice

said=$(deliver "$dir/small.crlf" alice@example.org nobody@example.org bob@example.org)
expect 'the first of three' "$said" '^alice@example.org 250 2\.'
expect 'an unknown user' "$said" '^nobody@example.org 550 5\.1\.1 7 .*exist'
expect 'the last of three' "$said" '^bob@example.org 250 2\.'
expect_mail 'lines that end in CR LF' "$dir/small" alice
expect_mail 'to the last of three' "$dir/small" bob

said=$(deliver "$dir/small" nobody@example.org)
expect 'nobody at all' "$said" '^nobody@example.org 550 5\.1\.1 '

said=$(deliver "$dir/big" bob@example.org)
expect 'a big mail' "$said" '^bob@example.org 250 2\.'
expect_mail 'the big mail' "$dir/big" bob

kill "$pid"
wait "$pid" || true
pid=
said=$(deliver "$dir/small" alice@example.org)
expect 'no Dovecot any more' "$said" '^alice@example.org 451 4\.4\.1 2 connection to '
exit $failed
