# SPDX-License-Identifier: MIT
. "$here/lib.sh"

# login MECHANISM PASSWORD: over STARTTLS. gsasl quits when its input ends. It would bind SCRAM to the channel
# where the name of the mechanism says that it is not.
login()
{
	case $1 in
	*-PLUS) binding= ;;
	*) binding=--no-cb ;;
	esac
	gsasl --client --smtp --connect="127.0.0.1:$SUBMISSION" --x509-ca-file="$work/cert.pem" $binding --mechanism="$1" \
		--authentication-id=bob@example.org --authorization-id= --password="$2" --hostname=mx.example.org \
		--service=smtp </dev/null
}

for mechanism in PLAIN LOGIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS; do
	if login $mechanism secret >"$work/out" 2>&1 && grep -q '^235 2.7.0' "$work/out"; then
		pass "$mechanism"
	else
		fail "$mechanism"
	fi
	login $mechanism wrong >"$work/out" 2>&1
	if grep -q '^535 5.7.8' "$work/out"; then
		pass "$mechanism, wrong password"
	else
		fail "$mechanism, wrong password"
	fi
done
