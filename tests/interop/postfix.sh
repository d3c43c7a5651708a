# SPDX-License-Identifier: MIT
# Postfix as a relay: an instance in a root of its own, whose relayhost is ours. Which way a mail goes says
# the recipient's detail: bob+starttls@example.org.
. "$here/lib.sh"
root=$INTEROP_CACHE/postfix
queue=$root/var/spool/postfix

cp "$work/cert.pem" "$root/etc/postfix/ca.pem"
cat >"$root/etc/postfix/main.cf" <<END
compatibility_level = 3.6
myhostname = client.example
mydestination = client.example
inet_interfaces = loopback-only
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
mailbox_size_limit = 0
message_size_limit = 0
maillog_file = /var/log/postfix.log
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtputf8_enable = yes
smtp_tls_CAfile = /etc/postfix/ca.pem
smtp_sasl_password_maps = inline:{ {[127.0.0.1]:$SUBMISSION = bob@example.org:secret}, {[127.0.0.1]:$SUBMISSIONS = bob@example.org:secret} }
smtp_sasl_security_options = noanonymous
relayhost = [127.0.0.1]:$MX
transport_maps = inline:{ {bob+starttls@example.org = starttls:[127.0.0.1]:$MX}, {bob+login@example.org = login:[127.0.0.1]:$SUBMISSION}, {bob+scram@example.org = scram:[127.0.0.1]:$SUBMISSION}, {bob+tls@example.org = wrapped:[127.0.0.1]:$SUBMISSIONS}, {bob+wrong@example.org = wrong:[127.0.0.1]:$SUBMISSION}, {bob+early@example.org = smtp:[127.0.0.1]:$SUBMISSION} }
END
cat >"$root/etc/postfix/master.cf" <<END
pickup unix n - n 1 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 5 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
starttls unix - - n - - smtp -o smtp_tls_security_level=verify -o smtp_tls_verify_cert_match=mx.example.org
login unix - - n - - smtp -o smtp_tls_security_level=encrypt -o smtp_sasl_auth_enable=yes -o smtp_sasl_mechanism_filter=login,plain
scram unix - - n - - smtp -o smtp_tls_security_level=encrypt -o smtp_sasl_auth_enable=yes -o smtp_sasl_mechanism_filter=scram-sha-256
wrapped unix - - n - - smtp -o smtp_tls_security_level=encrypt -o smtp_tls_wrappermode=yes -o smtp_sasl_auth_enable=yes -o smtp_sasl_mechanism_filter=plain
wrong unix - - n - - smtp -o smtp_tls_security_level=encrypt -o smtp_sasl_auth_enable=yes -o smtp_sasl_password_maps=static:bob@example.org:wrong
discard unix - - n - - discard
local unix - n n - - discard
error unix - - n - - error
retry unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
scache unix - - n - 1 scache
proxymap unix - - n - - proxymap
END
find "$queue" -type f -path '*/[0-9A-F]*' -delete
: >"$root/var/log/postfix.log"
chmod 666 "$root/var/log/postfix.log"
chroot "$root" postfix start >"$work/out" 2>&1 || fail 'it does not start'
trap 'chroot "$root" postfix stop >/dev/null 2>&1' EXIT

# send NAME KIND [FROM [TO]]: without a word about TO it is bob+NAME.
send()
{
	mail "$2" "$1" >"$work/mail.eml"
	chroot "$root" sendmail -i -f "${3:-bob@example.org}" "${4:-bob+$1@example.org}" <"$work/mail.eml" ||
		fail "$1: sendmail"
}

# logged NAME WORDS
logged()
{
	for n in $(seq 100); do
		if grep -q -e "$2" "$root/var/log/postfix.log"; then
			pass "$1"
			return
		fi
		sleep 0.1
	done
	grep -e status= "$root/var/log/postfix.log" >"$work/out"
	fail "$1"
}

send plain dots
send starttls eight
send tls large
send login long
send scram dots
send utf8 eight bob@example.org zoë@example.org
send early dots
send wrong dots
send relay dots bob@example.org ann@example.com
send unknown dots bob@example.org nobody@example.org
send login dots eve@example.org
send huge huge
send '<>' dots '<>' bob@example.org

arrived dots plain bob 'with ESMTP id'
arrived eight starttls bob 'with ESMTPS id'
arrived large tls bob 'with ESMTPSA id'
arrived long login bob 'with ESMTPSA id'
stored scram && pass scram || fail scram
arrived eight utf8 zo%C3%AB 'with UTF8SMTP id'
arrived dots '<>' bob
logged 'mail before TLS' 'to=<bob+early@.* said: 530 5.7.0'
logged 'wrong password' 'to=<bob+wrong@.*status=deferred .*535 5.7.8'
logged 'no relaying' 'to=<ann@example.com>.*status=bounced .*550 5.7.1'
logged 'unknown user' 'to=<nobody@.*dsn=5.1.1.*status=bounced'
logged 'sender of somebody else' 'to=<bob+login@.*dsn=5.7.1.*553 5.7.1'
logged 'too large' 'to=<bob+huge@.*dsn=5.3.4'
