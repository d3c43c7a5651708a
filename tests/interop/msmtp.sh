# SPDX-License-Identifier: MIT
. "$here/lib.sh"

# account PORT OPTION...: the settings of one account.
account()
{
	printf 'defaults\naccount default\nhost 127.0.0.1\nport %s\ndomain client.example\nfrom bob@example.org\n' "$1"
	printf 'user bob@example.org\npasswordeval "echo %s"\ntls_trust_file %s\n' "${password:-secret}" "$work/cert.pem"
	shift
	printf '%s\n' "$@"
}

try()
{
	msmtp -C "$work/msmtprc" "$@" <"$work/mail.eml"
}

# send NAME KIND SETTINGS...
send()
{
	name=$1
	mail "$2" "$1" >"$work/mail.eml"
	shift 2
	account "$@" >"$work/msmtprc"
	chmod 600 "$work/msmtprc"
	sent "$name" try bob@example.org
}

send plain dots "$MX" 'auth off' 'tls off'
arrived dots plain bob 'with ESMTP id'
send starttls eight "$MX" 'auth off' 'tls on'
arrived eight starttls bob 'with ESMTPS id'
send tls large "$SUBMISSIONS" 'tls on' 'tls_starttls off' 'auth plain'
arrived large tls bob 'with ESMTPSA id'
send login long "$SUBMISSION" 'tls on' 'auth login'
arrived long login bob 'with ESMTPSA id'
send scram dots "$SUBMISSION" 'tls on' 'auth scram-sha-256'
arrived dots scram bob 'with ESMTPSA id'
account "$SUBMISSION" 'tls on' 'auth plain' >"$work/msmtprc"
refused 'sender of somebody else' '65|77' '553 5.7.1' try -f eve@example.org bob@example.org
refused 'unknown user' '65|67' '550 5.1.1' try nobody@example.org
account "$MX" 'tls on' 'auth off' >"$work/msmtprc"
refused 'no relaying' '65|67' '550 5.7.1' try ann@example.com
password=wrong account "$SUBMISSION" 'tls on' 'auth plain' >"$work/msmtprc"
refused 'wrong password' 77 '535 5.7.8' try bob@example.org
password=wrong account "$SUBMISSIONS" 'tls on' 'tls_starttls off' 'auth scram-sha-256' >"$work/msmtprc"
refused 'wrong password by SCRAM' 77 '535 5.7.8' try bob@example.org
account "$SUBMISSION" 'tls off' 'auth off' >"$work/msmtprc"
refused 'mail before TLS' '65|77' '530 5.7.0' try bob@example.org
account "$MX" 'tls off' 'auth off' >"$work/msmtprc"
mail huge huge >"$work/mail.eml"
refused 'too large' '65|69' '552 5.3.4' try bob@example.org
