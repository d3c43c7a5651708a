# SPDX-License-Identifier: MIT
. "$here/lib.sh"

# send NAME KIND RECIPIENT URL OPTION...
send()
{
	name=$1 recipient=$3
	mail "$2" "$1" >"$work/mail.eml"
	url=$4
	shift 4
	sent "$name" curl -sS --crlf --cacert "$work/cert.pem" --mail-from bob@example.org --mail-rcpt "$recipient" \
		-T "$work/mail.eml" "$@" "$url/client.example"
}

tries()
{
	url=$1
	shift
	curl -vsS --crlf --cacert "$work/cert.pem" -T "$work/mail.eml" --mail-rcpt bob@example.org "$@" "$url/client.example"
}

send plain dots bob@example.org "smtp://127.0.0.1:$MX"
arrived dots plain bob 'with ESMTP id'
send starttls eight bob@example.org "smtp://127.0.0.1:$MX" --ssl-reqd
arrived eight starttls bob 'with ESMTPS id'
send tls large bob@example.org "smtps://127.0.0.1:$SUBMISSIONS" --user bob@example.org:secret --login-options AUTH=PLAIN
arrived large tls bob 'with ESMTPSA id'
send login long bob@example.org "smtp://127.0.0.1:$SUBMISSION" --ssl-reqd --user bob@example.org:secret --login-options AUTH=LOGIN
arrived long login bob 'with ESMTPSA id'
send utf8 eight zoë@example.org "smtp://127.0.0.1:$MX"
arrived eight utf8 zo%C3%AB 'with UTF8SMTP id'
send utf8-tls eight zoë@example.org "smtp://127.0.0.1:$MX" --ssl-reqd --tlsv1.2 --tls-max 1.2
arrived eight utf8-tls zo%C3%AB 'using TLSv1.2'
refused 'wrong password' 67 '535 5.7.8' tries "smtps://127.0.0.1:$SUBMISSIONS" --user bob@example.org:wrong --mail-from bob@example.org
refused 'no relaying' 55 '550 5.7.1' tries "smtp://127.0.0.1:$MX" --mail-from bob@example.org --mail-rcpt ann@example.com
refused 'unknown user' 55 '550 5.1.1' tries "smtp://127.0.0.1:$MX" --mail-from bob@example.org --mail-rcpt nobody@example.org
refused 'sender of somebody else' 55 '553 5.7.1' tries "smtps://127.0.0.1:$SUBMISSIONS" --user bob@example.org:secret --mail-from eve@example.org
refused 'mail before login' 55 '530 5.7.0' tries "smtps://127.0.0.1:$SUBMISSIONS" --mail-from bob@example.org
mail huge huge >"$work/mail.eml"
refused 'too large' 55 '552 5.3.4' tries "smtp://127.0.0.1:$MX" --mail-from bob@example.org
