#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Nothing that got 250 is lost on its way to others, however often the relay is killed.

    tests/kill_relay.py MAILWHY [ROUNDS [SEED]]

Each round starts `mailwhy serve` on the same spool, lets clients send mails to it, each to a recipient of
its own, and kills it with SIGKILL at a random moment. A server behind it, which nobody kills, keeps the
ledger: it takes mails, puts some off, refuses some for good, and closes some connections in the middle of
a mail, or behind its last byte. In the end the relay runs until all is done. Then each mail that got 250
was delivered, or is in the queue, or its sender was told; and each that was delivered twice is one that
the relay's log marks as delivery-uncertain.
"""
import collections
import json
import os
import random
import re
import shutil
import socket
import sqlite3
import sys
import tempfile
import threading
import time

from deliver import RELAY
from smtp_client import Client, Server, Surprise

CLIENTS = 3
SETTLE = 120  # seconds
CONFIG = RELAY + """route = 127.0.0.1:{port}
[delivery]
uncertain-wait = 1s
[retry]
longest = 1s
schedule = greylisted:1s mailbox-full:1s connection-failed:1s timeout:1s server-busy:1s unknown:1s
"""


class Ledger:
    """The server behind the relay: what it took, by recipient."""

    def __init__(self, chance):
        self.chance = chance
        self.lock = threading.Lock()
        self.taken = collections.Counter()
        self.refused = set()
        self.calm = False  # no more mischief
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            one, _ = self.socket.accept()
            threading.Thread(target=self.serve, args=(one,), daemon=True).start()

    def dice(self):
        with self.lock:
            return 1.0 if self.calm else self.chance.random()

    def serve(self, one):
        try:
            with one, one.makefile("rwb") as line:
                self.talk(line)
        except (OSError, ValueError):
            pass

    def talk(self, line):
        def say(text):
            line.write(text.encode() + b"\r\n")
            line.flush()

        to = ""
        say("220 sink.example")
        while True:
            words = line.readline().decode("latin-1").strip()
            verb = words[:4].upper()
            if verb == "EHLO":
                say("250-sink.example\r\n250-PIPELINING\r\n250 8BITMIME")
            elif verb == "RCPT":
                to = words[words.index("<") + 1:words.index(">")]
                dice = self.dice()
                if to.startswith("bad"):
                    with self.lock:
                        self.refused.add(to)
                    say("550 5.1.1 User unknown")
                    to = ""
                elif dice < 0.05:
                    say("450 4.2.0 Greylisted")
                    to = ""
                else:
                    say("250 ok")
            elif verb == "DATA":
                if not to:
                    say("554 5.5.1 no valid recipients")
                    continue
                say("354 go")
                if not self.take(line, to, say):
                    return
            elif verb == "QUIT" or not words:
                say("221 bye")
                return
            else:
                say("250 ok")

    def take(self, line, to, say):
        dice = self.dice()
        if dice < 0.02:
            return False
        while True:
            text = line.readline()
            if not text:
                return False
            if text == b".\r\n":
                break
        if dice < 0.04:
            return False  # not taken, not answered
        with self.lock:
            self.taken[to] += 1
        if dice < 0.06:
            return False  # taken, and not answered
        say("250 2.0.0 taken")
        return True


class Load:
    def __init__(self):
        self.lock = threading.Lock()
        self.next = 0
        self.got = set()
        self.faults = []

    def name(self):
        with self.lock:
            self.next += 1
            return ("bad" if self.next % 20 == 0 else "b") + f"{self.next}@sink.example"

    def run(self, address):
        try:
            client = Client(address)
            client.expect(220)
            client.say("EHLO client.example", 250)
            while True:
                to = self.name()
                client.say("MAIL FROM:<eve@example.org>", 250)
                client.say(f"RCPT TO:<{to}>", 250)
                client.say("DATA", 354)
                client.send(f"Subject: {to}\r\n\r\nhello\r\n.\r\n".encode())
                client.expect(250)
                with self.lock:
                    self.got.add(to)
                time.sleep(0.005)  # the ledger is slower than the relay
        except (EOFError, OSError):
            pass
        except Surprise as why:
            self.faults.append(str(why))


def serve(mailwhy, folder, log):
    return Server(mailwhy, "--quiet", "--config", f"{folder}/mx.conf", "--listen", "127.0.0.1:0",
                  stdout=log, stderr=log)


def one_round(mailwhy, folder, load, chance, log):
    server = serve(mailwhy, folder, log)
    clients = [threading.Thread(target=load.run, args=(server.at["smtp"],)) for _ in range(CLIENTS)]
    for one in clients:
        one.start()
    time.sleep(chance.uniform(0.05, 0.6))
    server.kill()
    for one in clients:
        one.join()


def left(folder):
    queue = sqlite3.connect(f"file:{folder}/spool/queue.db?mode=ro", uri=True)
    rows = queue.execute("SELECT address, state FROM recipient WHERE route = 0").fetchall()
    queue.close()
    return {address.decode(): state for address, state in rows}


def settle(mailwhy, folder, log):
    server = serve(mailwhy, folder, log)
    until = time.monotonic() + SETTLE
    # What is held waits for a person: it was uncertain twice.
    while any(state != 1 for state in left(folder).values()) and time.monotonic() < until:
        time.sleep(0.3)
    status = server.stop()
    if status != 0:
        sys.exit(f"the server ended with {status}")


def told(folder):
    """The recipients that letters to the sender name."""
    names = set()
    for path, _, files in os.walk(f"{folder}/mail"):
        for name in files:
            with open(f"{path}/{name}", "rb") as file:
                names.update(re.findall(r"^Final-Recipient: rfc822; *(\S+)", file.read().decode(), re.M))
    return names


def uncertain(folder):
    names = set()
    with open(f"{folder}/log.json", encoding="utf-8") as log:
        for text in log:
            try:
                event = json.loads(text)
            except ValueError:
                continue  # cut by a kill
            if event.get("event") == "delivery-uncertain" or event.get("uncertain"):
                names.add(event["recipient"])
    return names


def judge(ledger, load, folder):
    queue, letters, marked = left(folder), told(folder), uncertain(folder)
    lost = [to for to in load.got if not ledger.taken[to] and to not in queue and to not in letters]
    doubled = [to for to, times in ledger.taken.items() if times > 1]
    unmarked = [to for to in doubled if to not in marked]
    unsettled = [to for to, state in queue.items() if state != 1]
    bad = [to for to in load.got if to.startswith("bad") and to not in letters]
    if load.faults or lost or unmarked or unsettled or bad:
        sys.exit(f"faults {load.faults[:5]}, lost {lost[:5]} of {len(lost)}, doubled and not marked {unmarked[:5]} "
                 f"of {len(unmarked)}, unsettled {unsettled[:5]} of {len(unsettled)}, refused and not told {bad[:5]}")
    if len(load.got) < 10:
        sys.exit(f"only {len(load.got)} mails were taken: this proves nothing")
    return (f"{len(load.got)} mails taken, {len(ledger.taken)} delivered, {len(letters)} told of, {len(queue)} held; "
            f"{len(marked)} were uncertain, {len(doubled)} of them came twice")


def main():
    mailwhy = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)
    chance = random.Random(seed)
    ledger, load = Ledger(random.Random(seed + 1)), Load()
    folder = tempfile.mkdtemp(prefix="mailwhy-kill-")
    began = time.monotonic()
    print(f"seed {seed}", flush=True)
    try:
        with open(f"{folder}/mx.conf", "w", encoding="utf-8") as config:
            config.write(CONFIG.format(folder=folder, port=ledger.port))
        with open(f"{folder}/err", "wb") as log:
            for _ in range(rounds):
                one_round(mailwhy, folder, load, chance, log)
            ledger.calm = True
            settle(mailwhy, folder, log)
        result = judge(ledger, load, folder)
    finally:
        if "KEEP" in os.environ:
            print(folder)
        else:
            shutil.rmtree(folder)
    print(f"{rounds} kills in {time.monotonic() - began:.0f} s: {result}")


if __name__ == "__main__":
    main()
