# SPDX-License-Identifier: MIT
# OpenSMTPD as a relay, in a root of its own. Which way a mail goes says the recipient's detail.
. "$here/lib.sh"
root=$INTEROP_CACHE/opensmtpd

cat >"$root/etc/smtpd.conf" <<END
table secrets { bob = "bob@example.org:secret", wrong = "bob@example.org:wrong" }
smtp max-message-size 50M
listen on socket
action "plain" relay host smtp+notls://127.0.0.1:$MX helo client.example
action "starttls" relay host smtp+tls://127.0.0.1:$MX tls no-verify helo client.example
action "login" relay host smtp+tls://bob@127.0.0.1:$SUBMISSION auth <secrets> tls no-verify helo client.example
action "tls" relay host smtps://bob@127.0.0.1:$SUBMISSIONS auth <secrets> tls no-verify helo client.example
action "wrong" relay host smtp+tls://wrong@127.0.0.1:$SUBMISSION auth <secrets> tls no-verify helo client.example
action "early" relay host smtp+notls://127.0.0.1:$SUBMISSION helo client.example
match from any for rcpt-to "bob+starttls@example.org" action "starttls"
match from any for rcpt-to "bob+login@example.org" action "login"
match from any for rcpt-to "bob+tls@example.org" action "tls"
match from any for rcpt-to "bob+wrong@example.org" action "wrong"
match from any for rcpt-to "bob+early@example.org" action "early"
match from any for any action "plain"
END
chmod 640 "$root/etc/smtpd.conf"
find "$root/var/spool/smtpd" -type f -delete 2>/dev/null
rm -f "$root/run/smtpd.sock" "$root/var/run/smtpd.sock"
chroot "$root" smtpd -d -v >"$work/smtpd.log" 2>&1 &
smtpd=$!
trap 'kill "$smtpd" 2>/dev/null; wait "$smtpd" 2>/dev/null' EXIT
for n in $(seq 50); do
	[ ! -S "$root/run/smtpd.sock" ] || break
	sleep 0.1
done

send()
{
	mail "$2" "$1" >"$work/mail.eml"
	chroot "$root" sendmail -f "${3:-bob@example.org}" "${4:-bob+$1@example.org}" <"$work/mail.eml" || fail "$1: sendmail"
}

# logged NAME WORDS
logged()
{
	for n in $(seq 100); do
		if grep -q -e "$2" "$work/smtpd.log"; then
			pass "$1"
			return
		fi
		sleep 0.1
	done
	grep -v debug "$work/smtpd.log" >"$work/out"
	fail "$1"
}

send plain dots
send starttls eight
send login dots
send tls large
send wrong dots
send early dots
send relay dots bob@example.org ann@example.com
send unknown dots bob@example.org nobody@example.org
send login dots eve@example.org
send huge huge

arrived dots plain bob 'with ESMTP id'
arrived eight starttls bob 'with ESMTPS id'
arrived dots login bob 'with ESMTPSA id'
arrived large tls bob 'with ESMTPSA id'
logged 'wrong password' '535 5.7.8'
logged 'mail before TLS' 'bob+early@.*530 5.7.0'
logged 'no relaying' 'ann@example.com.*PermFail.*550 5.7.1'
logged 'unknown user' 'nobody@example.org.*PermFail.*550 5.1.1'
logged 'sender of somebody else' 'bob+login@example.org.*553 5.7.1'
logged 'too large' 'bob+huge@.*PermFail.*message too large for peer'
