# SPDX-License-Identifier: MIT
. "$here/lib.sh"

# send NAME KIND OPTION...
send()
{
	name=$1
	# swaks ends the last line itself.
	mail "$2" "$1" | head -c -1 >"$work/mail.eml"
	shift 2
	sent "$name" swaks --helo client.example --from bob@example.org --to bob@example.org --server 127.0.0.1 \
		--data "@$work/mail.eml" "$@"
}

tries()
{
	swaks --helo client.example --server 127.0.0.1 "$@"
}

send plain dots --port "$MX"
arrived dots plain bob 'with ESMTP id'
send pipelining eight --port "$MX" --pipeline
arrived eight pipelining bob
send starttls long --port "$MX" --tls
arrived long starttls bob 'with ESMTPS id'
send tls large --port "$SUBMISSIONS" --tls-on-connect --auth PLAIN --auth-user bob@example.org --auth-password secret
arrived large tls bob 'with ESMTPSA id'
send login dots --port "$SUBMISSION" --tls --auth LOGIN --auth-user bob --auth-password secret
arrived dots login bob 'with ESMTPSA id'
refused 'wrong password' 28 '535 5.7.8' tries --port "$SUBMISSION" --tls --auth PLAIN --auth-user bob@example.org \
	--auth-password wrong --from bob@example.org --to bob@example.org
refused 'no relaying' 24 '550 5.7.1' tries --port "$MX" --from bob@example.org --to ann@example.com
refused 'unknown user' 24 '550 5.1.1' tries --port "$MX" --from bob@example.org --to nobody@example.org
refused 'sender of somebody else' 23 '553 5.7.1' tries --port "$SUBMISSION" --tls --auth PLAIN \
	--auth-user bob@example.org --auth-password secret --from eve@example.org --to bob@example.org
refused 'mail before login' 23 '530 5.7.0' tries --port "$SUBMISSION" --tls --from bob@example.org --to bob@example.org
refused 'mail before TLS' 23 '530 5.7.0' tries --port "$SUBMISSION" --from bob@example.org --to bob@example.org
refused 'login before TLS' 28 'did not advertise authentication' tries --port "$SUBMISSION" --auth PLAIN --auth-user bob@example.org \
	--auth-password secret --from bob@example.org --to bob@example.org
mail huge huge >"$work/mail.eml"
refused 'too large' '26|25' '552 5.3.4' tries --port "$MX" --from bob@example.org --to bob@example.org \
	--data "@$work/mail.eml"
