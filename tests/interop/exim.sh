# SPDX-License-Identifier: MIT
# Exim, which speaks CHUNKING: it delivers while we wait, so no daemon is needed. Which way a mail goes says
# the recipient's detail: bob+starttls@example.org.
. "$here/lib.sh"
root=$INTEROP_CACHE/exim

# router TRANSPORT DETAIL: of addresses with that detail; empty: of all.
router()
{
	printf '%s:\n  driver = manualroute\n  route_list = * 127.0.0.1\n  self = send\n  transport = %s\n' "$1" "$1"
	[ -z "$2" ] || printf '  local_part_suffix = %s\n' "$2"
}

cat >"$root/etc/exim4/exim4.conf" <<END
primary_hostname = client.example
domainlist local_domains =
keep_environment =
disable_ipv6 = true
host_lookup =
trusted_users = root
untrusted_set_sender = *
local_from_check = false
message_size_limit = 0
smtputf8_advertise_hosts = *
log_selector = +smtp_confirmation
bounce_return_message = false
tls_advertise_hosts =
begin routers
$(for way in starttls tls login wrong early; do router $way "+$way"; done)
$(router plain '')
begin transports
plain:
  driver = smtp
  port = $MX
  hosts_avoid_tls = *
starttls:
  driver = smtp
  port = $MX
  hosts_require_tls = *
login:
  driver = smtp
  port = $SUBMISSION
  hosts_require_tls = *
  hosts_require_auth = *
wrong:
  driver = smtp
  port = $SUBMISSION
  hosts_require_tls = *
  hosts_require_auth = *
  headers_add = X-Way: wrong
tls:
  driver = smtp
  port = $SUBMISSIONS
  protocol = smtps
  hosts_require_auth = *
early:
  driver = smtp
  port = $SUBMISSION
  hosts_avoid_tls = *
begin retry
* * F,1h,30m
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  client_send = ^bob@example.org^\${if eq{\$transport_name}{wrong}{wrong}{secret}}
END
chmod 644 "$root/etc/exim4/exim4.conf"
find "$root/var/spool/exim4" -type f -delete
: >"$root/var/log/exim4/mainlog"
chroot "$root" chown Debian-exim:adm /var/log/exim4/mainlog

# send NAME KIND [FROM [TO]]: without a word about TO it is bob+NAME. Exim delivers before it returns.
send()
{
	mail "$2" "$1" >"$work/mail.eml"
	chroot "$root" exim4 -odf -i -f "${3:-bob@example.org}" "${4:-bob+$1@example.org}" <"$work/mail.eml" \
		>"$work/out" 2>&1
}

logged()
{
	if grep -q -e "$2" "$root/var/log/exim4/mainlog"; then
		pass "$1"
	else
		tail -5 "$root/var/log/exim4/mainlog" >"$work/out"
		fail "$1"
	fi
}

send plain dots
arrived dots plain bob 'with ESMTP id'
logged chunks 'bob+plain@example.org.* K C="250 2.0.0'
send starttls eight
arrived eight starttls bob 'with ESMTPS id'
send tls large
arrived large tls bob 'with ESMTPSA id'
send login long
arrived long login bob 'with ESMTPSA id'
send utf8 eight bob@example.org zoë@example.org
arrived eight utf8 zo%C3%AB 'with UTF8SMTP id'
send null dots '<>' bob@example.org
arrived dots null
send relay dots bob@example.org ann@example.com
logged 'no relaying' '\*\* ann@example.com.*550 5.7.1'
send unknown dots bob@example.org nobody@example.org
logged 'unknown user' '\*\* nobody@example.org.*550 5.1.1'
send login dots eve@example.org
logged 'sender of somebody else' '\*\* .*bob+login@.*553 5.7.1'
send huge huge
logged 'too large' '\*\* bob+huge@.*\(552 5.3.4\|message is too big\)'
# Last, for with these Exim does not try the host again for a while.
send early dots
logged 'mail before TLS' 'bob+early@.*: 530 5.7.0'
send wrong dots
logged 'wrong password' 'bob+wrong@.*authenticat'
