#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Nothing that got 250 is lost or doubled, however often the server is killed.

    tests/kill.py MAILWHY [ROUNDS [SEED]]

Each round starts `mailwhy serve` on the same spool, lets clients send mails that are numbered and carry
their own checksum, to Maildirs, to the queue and to both, small ones and ones that are files of the store,
and kills it with SIGKILL at a random moment. In the end the server runs once more until all is delivered.
Then every mail with 250 has to be there once for each recipient, every other at most once, and all of
them whole.
"""
import collections
import hashlib
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import threading
import time

from smtp_client import Client, Server, Surprise, dotted

CLIENTS = 4
RECIPIENTS = (["bob@example.org"], ["out@example.com"], ["bob@example.org", "out@example.com"],
              ["eve@example.org", "bob@example.org"])
LARGE = 300 * 1024  # more than what the store keeps in its database
SETTLE = 100        # seconds until what was left undelivered is due again


def make_mail(number, chance):
    size = LARGE if number % 8 == 0 else chance.randrange(10, 4000)
    lines = []
    while size > 0:
        line = chance.choice([".", "..", "", "x" * chance.randrange(900), "ü" * chance.randrange(30)])
        lines.append(line.encode())
        size -= len(lines[-1]) + 2
    body = b"\r\n".join(lines) + b"\r\nend\r\n"
    head = f"Subject: {number}\r\nX-Sum: {sum_of(body)}\r\n\r\n"
    return head.encode() + body


def sum_of(body):
    return hashlib.sha256(body.replace(b"\r\n", b"\n")).hexdigest()


def number_of(mail, where):
    """The number of a mail that was stored; a mail that is not whole ends the test."""
    head, _, body = mail.replace(b"\r\n", b"\n").partition(b"\n\n")
    fields = dict(line.split(b": ", 1) for line in head.split(b"\n") if b": " in line)
    if fields.get(b"X-Sum", b"").decode() != sum_of(body):
        sys.exit(f"{where}: the mail is not whole ({len(mail)} bytes)")
    return int(fields[b"Subject"])


class Load:
    """The mails of all rounds, and what was said to them."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.lock = threading.Lock()
        self.next = 1
        self.sent = {}      # number: recipients
        self.taken = set()  # got 250
        self.faults = []

    def mail(self):
        with self.lock:
            number = self.next
            self.next += 1
            self.sent[number] = RECIPIENTS[number % len(RECIPIENTS)]
            return number, make_mail(number, self.chance)

    def send(self, client, number, mail):
        client.say("MAIL FROM:<load@client.example>", 250)
        for recipient in self.sent[number]:
            client.say(f"RCPT TO:<{recipient}>", 250)
        client.say("DATA", 354)
        client.send(dotted(mail))
        client.expect(250)
        with self.lock:
            self.taken.add(number)

    def run(self, address):
        """Sends until the server is gone."""
        try:
            client = Client(address)
            client.expect(220)
            client.say("EHLO client.example", 250)
            while True:
                self.send(client, *self.mail())
        except (EOFError, OSError):
            pass
        except Surprise as why:
            self.faults.append(str(why))


def serve(mailwhy, folder, log):
    return Server(mailwhy, "--quiet", "--listen", "127.0.0.1:0", "--hostname", "mx.example.org",
                  "--spool", f"{folder}/spool", "--domain", "example.org", "--mailboxes", f"{folder}/mail",
                  "--relay-from", "127.0.0.1/32", "--route", "127.0.0.1:1",
                  stdout=log, stderr=log)


def one_round(mailwhy, folder, load, log):
    server = serve(mailwhy, folder, log)
    clients = [threading.Thread(target=load.run, args=(server.at["smtp"],)) for _ in range(CLIENTS)]
    for one in clients:
        one.start()
    time.sleep(load.chance.uniform(0.05, 0.9))
    server.kill()
    for one in clients:
        one.join()


def open_queue(folder):
    return sqlite3.connect(f"file:{folder}/spool/queue.db?mode=ro", uri=True)


def settle(mailwhy, folder, log):
    server = serve(mailwhy, folder, log)
    until = time.monotonic() + SETTLE
    queue = open_queue(folder)
    while queue.execute("SELECT count(*) FROM recipient WHERE route = 1").fetchone()[0] > 0:
        if time.monotonic() > until:
            server.kill()
            sys.exit("mail for Maildirs is left in the queue")
        time.sleep(0.2)
    queue.close()
    status = server.stop()
    if status != 0:
        sys.exit(f"the server ended with {status}")


def in_maildirs(folder, found):
    for path, _, files in os.walk(f"{folder}/mail"):
        user, part = path.split("/")[-2:]
        for name in files:
            if part != "new":
                sys.exit(f"{path}/{name} is left")
            with open(f"{path}/{name}", "rb") as file:
                found[number_of(file.read(), f"{path}/{name}"), f"{user}@example.org"] += 1


def in_queue(folder, found):
    queue = open_queue(folder)
    files = set(os.listdir(f"{folder}/spool/body"))
    for number, body in queue.execute("SELECT id, body FROM message"):
        if body is None:
            files.remove(str(number))
            with open(f"{folder}/spool/body/{number}", "rb") as file:
                body = file.read()
        mail = number_of(body, f"message {number}")
        rows = queue.execute("SELECT address FROM recipient WHERE key >> 16 = ?", [number]).fetchall()
        if not rows:
            sys.exit(f"message {number} has no recipients")
        for (address,) in rows:
            found[mail, address.decode()] += 1
    queue.close()
    if files:
        sys.exit(f"files of no message: {files}")


def judge(load, found):
    lost = [(n, r) for n in load.taken for r in load.sent[n] if found[n, r] == 0]
    doubled = [key for key, times in found.items() if times > 1]
    strange = [(n, r) for n, r in found if r not in load.sent.get(n, [])]
    partly = [n for n in load.sent if 0 < sum(found[n, r] > 0 for r in load.sent[n]) < len(load.sent[n])]
    if load.faults or lost or doubled or strange or partly:
        sys.exit(f"faults {load.faults[:5]}, lost {lost[:5]} of {len(lost)}, doubled {doubled[:5]} of "
                 f"{len(doubled)}, strange {strange[:5]}, for some recipients only {partly[:5]}")
    if len(load.taken) < 10:
        sys.exit(f"only {len(load.taken)} mails were taken: this proves nothing")


def main():
    mailwhy = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)
    load = Load(seed)
    found = collections.Counter()
    folder = tempfile.mkdtemp(prefix="mailwhy-kill-")
    began = time.monotonic()
    print(f"seed {seed}", flush=True)
    try:
        with open(f"{folder}/log", "wb") as log:
            for _ in range(rounds):
                one_round(mailwhy, folder, load, log)
            settle(mailwhy, folder, log)
        in_maildirs(folder, found)
        in_queue(folder, found)
        judge(load, found)
    finally:
        shutil.rmtree(folder)
    late = len({n for n, _ in found} - load.taken)
    print(f"{rounds} kills in {time.monotonic() - began:.0f} s: {len(load.sent)} mails begun, {len(load.taken)} "
          f"taken, each there once; {late} of the others are there, once")


if __name__ == "__main__":
    main()
