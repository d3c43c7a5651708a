# mailwhy config: settings, what is wrong with them, and passwords.
. "$(dirname "$0")/check.inc"
man=$here/../../docs/man

# --- check

cat >"$tmp/good.conf" <<'END'
[server]
hostname = mx.example.org
spool = /var/lib/mailwhy
[listen]
smtp = *:25
[relay]
networks = 192.0.2.0/24, 2001:db8::/32
END
exits 0 "$mailwhy" config check "$tmp/good.conf"
same 'a good file' "$(cat "$tmp/out")" "$tmp/good.conf: good"
exits 0 "$mailwhy" config check --config "$tmp/good.conf"
has out good
exits 0 "$mailwhy" config check --quiet "$tmp/good.conf"
is_empty out
exits 0 "$mailwhy" config check --json "$tmp/good.conf"
is_empty out

printf '[server]\nhostnme = a\n[limits]\nmessage-size = 50X\n[tls]\ncertificate = /x\n' >"$tmp/bad.conf"
exits 78 "$mailwhy" config check "$tmp/bad.conf"
has out "$tmp/bad.conf:2: no setting “hostnme” in [server]; did you mean “hostname”?"
has out "$tmp/bad.conf:4: [limits] message-size: “50X” is no size"
has out "$tmp/bad.conf:6: [tls] certificate: a certificate without a key"
lacks out good
exits 78 "$mailwhy" config check --quiet "$tmp/bad.conf"
is_empty out
exits 78 "$mailwhy" config check --json "$tmp/bad.conf"
python3 - "$tmp/out" <<'END' || complain 'config check --json'
import json, sys
lines = [json.loads(l) for l in open(sys.argv[1], encoding="utf-8")]
assert [l["line"] for l in lines] == [2, 4, 6], lines
assert all(l["level"] == "error" and l["file"].endswith("bad.conf") and l["text"] for l in lines)
END
printf '[server]\nx\033[2J = 1\nlog = \033]0;x\007\n' >"$tmp/evil.conf"
exits 78 "$mailwhy" config check "$tmp/evil.conf"
is_harmless out
exits 78 "$mailwhy" config check /nonexistent
has out '/nonexistent: No such file'
exits 64 "$mailwhy" config
exits 64 "$mailwhy" config chek
exits 64 "$mailwhy" config check a b

# A warning is told and is no error.
printf '[server]\nspool = /var/lib/mailwhy\n[listen]\nhttp = *:80\n' >"$tmp/warn.conf"
exits 0 "$mailwhy" config check "$tmp/warn.conf"
has out "warn.conf:4: warning: [listen] http: the API asks for no password"
has out 'warn.conf: good'

# A certificate and the key of another.
for n in 1 2; do
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3 \
		-subj /CN=mx.example.org -addext subjectAltName=DNS:mx.example.org \
		-keyout "$tmp/$n.key" -out "$tmp/$n.pem" 2>/dev/null
done
printf '[server]\nhostname = mx.example.org\n[tls]\ncertificate = %s\nkey = %s\n' \
	"$tmp/1.pem" "$tmp/1.key" >"$tmp/tls.conf"
chmod 600 "$tmp"/*.key
exits 0 "$mailwhy" config check "$tmp/tls.conf"
lacks out warning
chmod 644 "$tmp/1.key"
exits 0 "$mailwhy" config check "$tmp/tls.conf"
has out 'can be read by everybody'
sed -i "s|1.key|2.key|; s|mx.example.org|www.example.org|" "$tmp/tls.conf"
exits 78 "$mailwhy" config check "$tmp/tls.conf"
has out 'tls.conf:5: [tls] key: the key is not that of the certificate'
has out 'tls.conf:4: warning: [tls] certificate: the certificate is not for'
: >"$tmp/1.pem"
exits 78 "$mailwhy" config check "$tmp/tls.conf"
has out 'holds no certificate in PEM form'

# The users that the settings name are read too.
printf '[local]\ndomains = example.org\nmailboxes = /var/mail/x\nusers = %s\n' "$tmp/users" >"$tmp/users.conf"
printf 'bob@example.org quota=1G\nbob@example.org\neve@example.org passwort=x\n' >"$tmp/users"
chmod 600 "$tmp/users"
exits 78 "$mailwhy" config check "$tmp/users.conf"
has out "$tmp/users:2: bob@example.org stands in line 1 already"
has out "$tmp/users:3: a word that is none of"
has out 'did you mean password?'

# --- show

exits 0 "$mailwhy" config show "$tmp/good.conf"
cp "$tmp/out" "$tmp/shown.conf"
has out 'hostname = mx.example.org'
has out '#message-size = 50M'
is_harmless out
exits 0 "$mailwhy" config show "$tmp/shown.conf"
cmp -s "$tmp/out" "$tmp/shown.conf" || complain 'what is shown is not shown again'
exits 0 "$mailwhy" config check "$tmp/shown.conf"
exits 78 "$mailwhy" config show "$tmp/bad.conf"
is_empty out
has err 'bad.conf:2:'
exits 78 "$mailwhy" config show /nonexistent

# The manual has each setting, in its section, with its default.
exits 0 "$mailwhy" config show /dev/null
python3 - "$tmp/out" "$man/mailwhy.conf.5" <<'END' || complain 'mailwhy.conf.5 and config show'
import re, sys
shown = {}
for line in open(sys.argv[1], encoding="utf-8"):
    if line.startswith("["):
        section = line.strip("[]\n")
    elif m := re.match(r"#([a-z0-9-]+) =(.*)", line):
        shown[section, m[1]] = m[2].strip()
told = {}
key = None
for line in open(sys.argv[2], encoding="utf-8"):
    if m := re.match(r"\.Ss \[(.*)\]", line):
        section = m[1]
    elif m := re.match(r"\.It Ic (.*)", line):
        key = section, m[1]
        told[key] = ""
    elif line.startswith(".El") or line.startswith(".Sh"):
        key = None
    elif key and (m := re.match(r"\.Ql (.*) \.$", line)):
        told[key] = m[1]
assert len(shown) > 50
for k in sorted(shown.keys() | told.keys()):
    if shown.get(k) != told.get(k):
        print(k, "shown:", shown.get(k), "told:", told.get(k))
sys.exit(shown != told)
END

# --- hash

printf 'geheim\n' >"$tmp/password"
"$mailwhy" config hash <"$tmp/password" >"$tmp/out" 2>"$tmp/err" || complain 'config hash'
has out 'password=$y$'
has out ' scram=SCRAM-SHA-256$'
same 'lines of config hash' "$(wc -l <"$tmp/out")" 1
lacks out geheim
python3 - "$tmp/out" <<'END' || complain 'config hash is not what RFC 5803 says'
import base64, hashlib, hmac, sys
text = open(sys.argv[1]).read().split("scram=")[1].strip()
_, salted, keys = text.split("$")
count, salt = salted.split(":")
stored, server = keys.split(":")
key = hashlib.pbkdf2_hmac("sha256", b"geheim", base64.b64decode(salt), int(count))
mac = lambda what: hmac.new(key, what, "sha256").digest()
assert base64.b64decode(stored) == hashlib.sha256(mac(b"Client Key")).digest()
assert base64.b64decode(server) == mac(b"Server Key")
END
printf 'bob@example.org %s\n' "$(cat "$tmp/out")" >"$tmp/users"
exits 0 "$mailwhy" config check "$tmp/users.conf"
printf 'geheim\r\n' | "$mailwhy" config hash >/dev/null || complain 'CRLF behind the password'
exits 66 "$mailwhy" config hash
rc=0
echo | "$mailwhy" config hash >"$tmp/out" 2>&1 || rc=$?
same 'empty password' "$rc" 65
rc=0
printf '%600d\n' 1 | "$mailwhy" config hash >"$tmp/out" 2>&1 || rc=$?
same 'long password' "$rc" 65
rc=0
printf 'a\377b\n' | "$mailwhy" config hash >"$tmp/out" 2>&1 || rc=$?
same 'password that is no text' "$rc" 65

# --- each problem once, with its place, whoever tells of it

printf '[server]\nspool = %s\n[retry]\nkeep = sometimes\nschedule = now\nwarn = 9d\n' "$tmp/spool" >"$tmp/retry.conf"
exits 78 "$mailwhy" config check "$tmp/retry.conf"
has out 'retry.conf:4: [retry] keep: “sometimes” is no category'
has out 'retry.conf:5: [retry] schedule: “now” is not CATEGORY:WAIT/WAIT'
exits 78 "$mailwhy" serve --config "$tmp/retry.conf"
has err 'retry.conf:4: [retry] keep: “sometimes” is no category'
has err 'retry.conf:6: warning: [retry] warn: is no less'
exits 78 "$mailwhy" serve --quiet --config "$tmp/retry.conf"
lacks err warning

# --- the other commands read [rules] and leave the server's sections alone

printf '[server]\nthreads = many\n[rules]\nfile = %s\n' "$(realpath "$examples/our.rules")" >"$tmp/rules.conf"
exits 0 "$mailwhy" explain --config "$tmp/rules.conf" '550 Mailbox asleep'
is_empty err
exits 0 "$mailwhy" rules why --config "$tmp/rules.conf" '550 Mailbox asleep'
has out our:archive-asleep
printf '[rules]\nfiel = x\n' >"$tmp/rules.conf"
exits 78 "$mailwhy" explain --config "$tmp/rules.conf" 550
has err 'rules.conf:2: no setting “fiel” in [rules]; did you mean “file”?'
printf '[ruls]\nfile = x\n' >"$tmp/rules.conf"
exits 78 "$mailwhy" explain --config "$tmp/rules.conf" 550
has err 'did you mean [rules]?'
exits 78 "$mailwhy" explain --config /nonexistent 550
has err 'No such file'

finish
