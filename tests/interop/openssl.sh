# SPDX-License-Identifier: MIT
. "$here/lib.sh"

# session PORT OPTION...: says EHLO and QUIT under TLS.
session()
{
	port=$1
	shift
	{
		sleep 0.3
		printf 'EHLO client.example\r\n'
		sleep 0.3
		printf 'QUIT\r\n'
	} | timeout 20 openssl s_client -quiet -verify_return_error -verify_ip 127.0.0.1 -CAfile "$work/cert.pem" \
		-connect "127.0.0.1:$port" "$@" >"$work/out" 2>&1
}

speaks()
{
	name=$1
	shift
	session "$@"
	if grep -q '^250.SIZE 1048576' "$work/out" && grep -q '^221 2.0.0' "$work/out"; then
		pass "$name"
	else
		fail "$name"
	fi
}

speaks 'TLS 1.3' "$SUBMISSIONS" -tls1_3
speaks 'TLS 1.2' "$SUBMISSIONS" -tls1_2
speaks 'STARTTLS, TLS 1.3' "$MX" -starttls smtp -tls1_3
speaks 'STARTTLS, TLS 1.2' "$SUBMISSION" -starttls smtp -tls1_2
if session "$SUBMISSIONS" -tls1_1 -cipher 'ALL@SECLEVEL=0' || grep -q '^250' "$work/out"; then
	fail 'no TLS 1.1'
else
	pass 'no TLS 1.1'
fi
