# SPDX-License-Identifier: MIT
"""Python's smtplib."""
import os
import smtplib
import ssl
import subprocess
import sys
from email.message import EmailMessage

env = os.environ
context = ssl.create_default_context(cafile=env["work"] + "/cert.pem")


def lib(command):
    """A command of lib.sh, which counts what passed."""
    subprocess.run(["sh", "-c", f'. "$here/lib.sh"; : >"$work/out"; {command}'], check=True)


def mail(kind, name):
    text = subprocess.run(["sh", "-c", f'. "$here/lib.sh"; mail {kind} {name}'], check=True, capture_output=True)
    return text.stdout.replace(b"\n", b"\r\n")


def client(port, tls=False, start=False):
    if tls:
        return smtplib.SMTP_SSL("127.0.0.1", int(port), "client.example", timeout=20, context=context)
    smtp = smtplib.SMTP("127.0.0.1", int(port), "client.example", timeout=20)
    if start:
        smtp.starttls(context=context)
    return smtp


def raises(name, code, action, *arguments):
    try:
        action(*arguments)
    except smtplib.SMTPRecipientsRefused as why:
        told = list(why.recipients.values())[0]
    except smtplib.SMTPResponseException as why:
        told = (why.smtp_code, why.smtp_error)
    else:
        told = (250, b"no refusal")
    status = code.encode()
    good = str(told[0]).encode() + b" " + told[1].split(b" ")[0] == status
    lib(f"pass '{name}'" if good else f"echo '{told[0]}' >\"$work/out\"; fail '{name}'")


def main():
    with client(env["MX"]) as smtp:
        smtp.sendmail("bob@example.org", ["bob@example.org"], mail("dots", "plain"))
        lib("arrived dots plain bob 'with ESMTP id'")
        smtp.sendmail("bob@example.org", ["bob@example.org", "eve@example.org"], mail("long", "two"))
        lib("arrived long two bob; arrived long two eve")
        smtp.sendmail("bob@example.org", ["zoë@example.org"], mail("eight", "utf8"), ["SMTPUTF8", "BODY=8BITMIME"])
        lib("arrived eight utf8 zo%C3%AB 'with UTF8SMTP id'")
        raises("no relaying", "550 5.7.1", smtp.sendmail, "bob@example.org", ["ann@example.com"], "a")
        raises("unknown user", "550 5.1.1", smtp.sendmail, "bob@example.org", ["nobody@example.org"], "a")
        raises("too large", "552 5.3.4", smtp.sendmail, "bob@example.org", ["bob@example.org"], mail("huge", "huge"))
        answers = smtp.sendmail("bob@example.org", ["bob@example.org", "nobody@example.org"], mail("dots", "some"))
        lib("arrived dots some")
        lib("pass 'one of two'" if list(answers) == ["nobody@example.org"] else "fail 'one of two'")
    with client(env["MX"], start=True) as smtp:
        smtp.sendmail("bob@example.org", ["bob@example.org"], mail("eight", "starttls"), ["BODY=8BITMIME"])
        lib("arrived eight starttls bob 'with ESMTPS id'")
    with client(env["SUBMISSIONS"], tls=True) as smtp:
        raises("wrong password", "535 5.7.8", smtp.login, "bob@example.org", "wrong")
        raises("mail before login", "530 5.7.0", smtp.sendmail, "bob@example.org", ["bob@example.org"], "a")
        smtp.login("bob@example.org", "secret")
        raises("sender of somebody else", "553 5.7.1", smtp.sendmail, "eve@example.org", ["bob@example.org"], "a")
        smtp.sendmail("bob@example.org", ["bob@example.org"], mail("large", "tls"))
        lib("arrived large tls bob 'with ESMTPSA id'")
    with client(env["SUBMISSION"]) as smtp:
        smtp.ehlo()
        try:
            smtp.login("bob@example.org", "secret")
            lib("fail 'login before TLS'")
        except smtplib.SMTPNotSupportedError:
            lib("pass 'login before TLS'")
        code, text = smtp.docmd("AUTH", "PLAIN AGEAYg==")
        lib("pass 'login before TLS, all the same'" if code == 538 and text.startswith(b"5.7.11")
            else "fail 'login before TLS, all the same'")
    with client(env["SUBMISSION"], start=True) as smtp:
        smtp.ehlo()
        smtp.user, smtp.password = "bob@example.org", "secret"
        smtp.auth("LOGIN", smtp.auth_login)
        message = EmailMessage()
        message["From"], message["To"] = "bob@example.org", "zoë@example.org"
        message["Subject"] = env["client"] + "-message"
        message.set_content("as the library writes it\n.\nGrüße\n")
        smtp.send_message(message)
        lib("stored message zo%C3%AB && pass message || fail message")


if __name__ == "__main__":
    sys.exit(main())
