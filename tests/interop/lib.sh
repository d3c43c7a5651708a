# SPDX-License-Identifier: MIT
# What the clients share. The runner sets client, here, work, MX, SUBMISSION and SUBMISSIONS (ports of
# 127.0.0.1). Users: bob@example.org and zoë@example.org, password “secret”; eve@example.org has none.

pass()
{
	echo "ok $client: $1"
	echo passed >>"$INTEROP_RESULTS"
}

fail()
{
	echo "FAILED $client: $1"
	[ ! -s "$work/out" ] || tail -n 12 "$work/out"
	echo failed >>"$INTEROP_RESULTS"
}

# body KIND: what mails have in them that may get lost or changed on the way.
body()
{
	case $1 in
	dots) printf '.\n..\n.dot\n...three\nwords .\n\n.\n' ;;
	eight) printf 'Grüße, 你好\n\n.ü\n' ;;
	long)
		# 998 bytes, which RFC 5321 allows a line.
		for c in a b c; do printf "%998s\n" '' | tr ' ' $c; done
		;;
	huge) yes "$(printf '%070d' 0)" | head -n 16000 ;;
	large) awk 'BEGIN { for (i = 0; i < 6000; i++) printf("%d %060d\n.\n", i, i) }' ;;
	three) awk 'BEGIN { for (i = 0; i < 42000; i++) printf("%d %060d\n.\n", i, i) }' ;;
	esac
	printf 'the end\n'
}

# mail KIND NAME: a message with LF, whose subject is that name.
mail()
{
	printf 'From: bob@example.org\nTo: bob@example.org\nSubject: %s\n' "$client-$2"
	printf 'Message-ID: <%s@client.example>\nDate: Wed, 25 Nov 2026 20:00:00 +0000\n' "$client-$2"
	printf 'MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n'
	[ "$1" != eight ] || printf 'Content-Transfer-Encoding: 8bit\n'
	printf '\n'
	body "$1"
}

# stored NAME [USER]: the file of that mail, awaited for some seconds.
stored()
{
	for n in $(seq "${PATIENCE:-100}"); do
		file=$(grep -rlx "Subject: $client-$1" "$work/mail/example.org/${2:-bob}/new" 2>/dev/null) && return
		sleep 0.1
	done
	return 1
}

# arrived KIND NAME [USER [PATTERN]]: it is there once, word for word, and its first Received has that.
arrived()
{
	if ! stored "$2" "${3:-bob}"; then
		fail "$2: did not arrive"
	elif [ "$(echo "$file" | wc -l)" != 1 ]; then
		fail "$2: arrived more than once"
	elif ! sed '1,/^$/d' "$file" >"$work/got" || ! body "$1" | cmp -s - "$work/got"; then
		body "$1" | diff - "$work/got" | head -5 >"$work/out"
		fail "$2: came changed"
	elif ! sed '/^Received:/,/;/!d; /;/q' "$file" | grep -q -e "${4:-.}"; then
		sed '/^$/q' "$file" >"$work/out"
		fail "$2: its Received field lacks $4"
	else
		pass "$2"
	fi
}

# refused NAME STATUS WORDS COMMAND...: it ends with that status (or one of several: “65|69”) and tells
# what the server said.
refused()
{
	name=$1 want=$2 words=$3
	shift 3
	status=0
	"$@" >"$work/out" 2>&1 </dev/null || status=$?
	case "|$want|" in
	*"|$status|"*)
		if grep -q -e "$words" "$work/out"; then
			pass "$name"
		else
			fail "$name: not told: $words"
		fi
		;;
	*) fail "$name: status $status, not $want" ;;
	esac
}

# sent NAME COMMAND...: it ends well.
sent()
{
	name=$1
	shift
	"$@" >"$work/out" 2>&1 </dev/null || fail "$name: the client failed"
}
