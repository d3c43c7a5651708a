#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An hour's load in a minute: good, bad, slow and vanishing clients, on plain lines and under TLS.

    tests/soak.py MAILWHY [SECONDS]

The server must say nothing that it should not, take all good mails, end with 0 when it is told to (leaks
and races are told there, where it was built with a sanitizer), and without one its memory must not grow
after a warm-up.
"""
import base64
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

from smtp_client import Client, Server, Surprise, connect, dotted

SMALL = b"Subject: small\r\n\r\n" + b"words and words\r\n" * 20
LARGE = b"Subject: large\r\n\r\n" + b"x" * 70 + b"\r\n" + b".y\r\n" * 100000
GROWTH = 1.15   # what the memory may gain in the second half
SLACK = 6144    # KiB
THREADS = 3     # of each kind of client
BACKLOG = 200   # recipients that wait; with more the clients pause, for what waits is in memory


class Soak:
    def __init__(self, server, seconds):
        self.server = server
        self.until = time.monotonic() + seconds
        self.faults = []
        self.backlog = 0
        self.counts = {}
        self.lock = threading.Lock()

    def running(self):
        return time.monotonic() < self.until and len(self.faults) < 5

    def count(self, what):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1

    def client(self, kind, tls=False):
        client = Client(self.server.at[kind], tls)
        client.expect(220)
        client.say("EHLO client.example", 250)
        return client

    def work(self, kind):
        """One kind of client, again and again, as fast as mail is delivered."""
        while self.running():
            if self.backlog > BACKLOG and kind is not looker:
                time.sleep(0.05)
                continue
            try:
                kind(self)
                self.count(kind.__name__)
            except (Surprise, EOFError, OSError) as why:
                self.faults.append(f"{kind.__name__}: {why!r}")


def mail(client, body, recipient="bob@example.org", code=250):
    client.say("MAIL FROM:<bob@example.org>", 250)
    client.say(f"RCPT TO:<{recipient}>", 250)
    client.say("DATA", 354)
    client.send(dotted(body))
    client.expect(code)


def good(soak):
    client = soak.client("smtp")
    for _ in range(random.randrange(1, 20)):
        mail(client, SMALL)
    client.say("QUIT", 221)
    client.close()


def pipelining(soak):
    client = soak.client("smtp")
    for _ in range(10):
        client.send("MAIL FROM:<a@client.example>\r\nRCPT TO:<eve@example.org>\r\nRCPT TO:<no@example.org>\r\nDATA\r\n")
        for code in (250, 250, 550, 354):
            client.expect(code)
        client.send(dotted(SMALL))
        client.expect(250)
    client.send("NOOP\r\nRSET\r\nQUIT\r\n")
    for code in (250, 250, 221):
        client.expect(code)
    client.close()


def chunking(soak):
    client = soak.client("smtp")
    client.send("MAIL FROM:<a@client.example> BODY=8BITMIME\r\nRCPT TO:<eve@example.org>\r\n")
    client.expect(250)
    client.expect(250)
    for at in range(0, len(LARGE), 50000):
        chunk = LARGE[at:at + 50000]
        client.send(f"BDAT {len(chunk)}{' LAST' if at + 50000 >= len(LARGE) else ''}\r\n".encode() + chunk)
        client.expect(250)
    client.say("QUIT", 221)
    client.close()


def starttls(soak):
    client = soak.client("smtp")
    client.say("STARTTLS", 220)
    client.tls()
    client.say("EHLO client.example", 250)
    mail(client, SMALL)
    client.close()


def login(soak):
    client = soak.client("submissions", tls=True)
    client.auth_plain("bob@example.org", "secret")
    client.expect(235)
    mail(client, LARGE if random.random() < 0.1 else SMALL, "ann@example.com")
    soak.count("mails for others")
    client.say("MAIL FROM:<eve@example.org>", 553)
    client.say("QUIT", 221)
    client.close()


def wrong(soak):
    client = soak.client("submissions", tls=True)
    for _ in range(2):
        client.auth_plain("bob@example.org", "wrong")
    if random.random() < 0.5:
        client.expect(535)
        client.expect(535)
    client.close()


def bad(soak):
    client = soak.client("smtp")
    client.say("FOO " + "x" * random.randrange(100), 500)
    client.say("MAIL FROM:<a b>", 501)
    client.say("DATA", 503)
    client.say("x" * 5000, 500)
    client.say("MAIL FROM:<a@client.example>", 250)
    client.say("RCPT TO:<ann@example.com>", 550)
    client.say("RCPT TO:<bob@example.org>", 250)
    client.say("DATA", 354)
    client.send(b"Subject: bare\r\n\r\na\nb\r\n.\r\n")
    client.expect(550)
    client.send(bytes(random.randrange(256) for _ in range(300)).replace(b"\n", b"n") + b"\r\n")
    client.expect(500)
    client.close()


def lmtp(soak):
    client = Client(soak.server.at["lmtp"])
    client.expect(220)
    client.say("LHLO client.example", 250)
    client.say("MAIL FROM:<>", 250)
    client.say("RCPT TO:<bob@example.org>", 250)
    client.say("RCPT TO:<eve@example.org>", 250)
    client.say("DATA", 354)
    client.send(dotted(SMALL))
    client.expect(250)
    client.expect(250)
    client.close()


def vanishing(soak):
    """Ends anywhere, often with a reset."""
    kind = random.choice(["smtp", "submissions", "submission"])
    sock = connect(soak.server.at[kind])
    token = base64.b64encode(b"\0bob@example.org\0secret")
    talk = (b"EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n" + LARGE[:random.randrange(len(LARGE))]
            if random.random() < 0.5 else b"EHLO c\r\nSTARTTLS\r\n\x16\x03\x01\x02\x00\x01" + token)
    try:
        if kind != "submissions" and random.random() < 0.8:
            sock.recv(100)
        for at in range(0, len(talk), 5000):
            sock.sendall(talk[at:at + 5000])
            if random.random() < 0.05:
                break
        if random.random() < 0.5:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        pass  # it may be refused at any point
    sock.close()


def slow(soak):
    """A byte at a time; some wait too long."""
    client = soak.client("smtp")
    for byte in b"MAIL FROM:<a@client.example>\r\n":
        client.send(bytes([byte]))
        time.sleep(0.01)
    client.expect(250)
    client.say("RCPT TO:<bob@example.org>", 250)
    client.say("DATA", 354)
    if random.random() < 0.3:
        client.send(b"Subject: unfinished\r\n")
        client.expect(421)
    else:
        for line in SMALL.splitlines(True):
            client.send(line)
            time.sleep(0.02)
        client.send(b".\r\n")
        client.expect(250)
    client.close()


def looker(soak):
    """Reads the API, and the Maildirs as a mail program does: what is read goes."""
    web = http.client.HTTPConnection(soak.server.at["http"], timeout=30)
    web.request("GET", "/metrics")
    page = web.getresponse().read().decode()
    queued = re.search(r'^mailwhy_queue_recipients\{state="queued"\} (\d+)$', page, re.M)
    soak.backlog = int(queued.group(1)) - soak.counts.get("mails for others", 0)
    web.request("GET", "/messages")
    json.loads(web.getresponse().read())
    web.close()
    time.sleep(0.1)


KINDS = [good, pipelining, chunking, starttls, login, wrong, bad, lmtp, vanishing, slow]


def read_mail(soak, folder):
    while soak.running():
        for path, _, files in os.walk(folder):
            if path.endswith("/new"):
                for name in files:
                    os.unlink(f"{path}/{name}")
                    soak.count("mails read")
        time.sleep(0.5)


def memory(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def watch(soak):
    """KiB, each second; and a reload now and then."""
    seen = []
    while soak.running():
        seen.append(memory(soak.server.process.pid))
        if len(seen) % 10 == 0:
            soak.server.process.send_signal(signal.SIGHUP)
        time.sleep(1)
    return seen


def set_up(mailwhy, folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "3", "-subj", "/CN=mx.example.org", "-keyout", "key.pem", "-out", "cert.pem"], cwd=folder,
                   check=True, stderr=subprocess.DEVNULL)
    secret = subprocess.run([mailwhy, "config", "hash"], input="secret\n", text=True, check=True, capture_output=True)
    with open(f"{folder}/users", "w", encoding="utf-8") as users:
        users.write(f"bob@example.org {secret.stdout.strip()}\neve@example.org quota=1G\n")
    with open(f"{folder}/mx.conf", "w", encoding="utf-8") as conf:
        conf.write(f"""[server]
hostname = mx.example.org
spool = {folder}/spool
log = {folder}/log
transcript = {folder}/transcript
threads = 2
[listen]
smtp = 127.0.0.1:0
submission = 127.0.0.1:0
submissions = 127.0.0.1:0
lmtp = {folder}/lmtp.sock
http = 127.0.0.1:0
[tls]
certificate = {folder}/cert.pem
key = {folder}/key.pem
[limits]
login-failures = none
sessions-per-client = 0
sessions-per-network = 0
data-timeout = 1s
errors = 50
[local]
domains = example.org
mailboxes = {folder}/mail
users = {folder}/users
[relay]
route = 127.0.0.1:1
""")


def built_with(mailwhy):
    with open(mailwhy, "rb") as file:
        text = file.read()
    return next((name for name in ("asan", "tsan") if f"__{name}_init".encode() in text), "no sanitizer")


def run(soak, folder):
    workers = [threading.Thread(target=soak.work, args=(kind,)) for kind in KINDS * THREADS + [looker]]
    workers.append(threading.Thread(target=read_mail, args=(soak, f"{folder}/mail")))
    for one in workers:
        one.start()
    seen = watch(soak)
    for one in workers:
        one.join()
    return seen


def judge(soak, seen, status, sanitizer):
    middle, last = seen[len(seen) // 4:len(seen) // 2], seen[-len(seen) // 4:]
    print(f"{sanitizer}: " + ", ".join(f"{n} {what}" for what, n in sorted(soak.counts.items())))
    print(f"memory in MiB: {seen[0] >> 10} at the start, {max(middle) >> 10} in the second quarter, "
          f"{max(last) >> 10} in the last")
    if soak.faults:
        sys.exit("\n".join(soak.faults))
    idle = [kind.__name__ for kind in KINDS if kind.__name__ not in soak.counts]
    if idle:
        sys.exit(f"no client came to its end of these kinds: {idle}")
    if status != 0:
        sys.exit(f"the server ended with {status}")
    if sanitizer == "no sanitizer" and max(last) > max(middle) * GROWTH + SLACK:
        sys.exit(f"memory grows: {seen}")


def main():
    mailwhy = os.path.abspath(sys.argv[1])
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 60
    folder = tempfile.mkdtemp(prefix="mailwhy-soak-")
    try:
        set_up(mailwhy, folder)
        with open(f"{folder}/err", "wb") as err:
            soak = Soak(Server(mailwhy, "--quiet", "--config", f"{folder}/mx.conf", stdout=err, stderr=err), seconds)
            try:
                seen = run(soak, folder)
                status = soak.server.stop(120)
            finally:
                soak.server.kill()
        if status != 0 or soak.faults:
            with open(f"{folder}/err", encoding="utf-8", errors="replace") as err:
                print(err.read()[:6000])
        judge(soak, seen, status, built_with(mailwhy))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
