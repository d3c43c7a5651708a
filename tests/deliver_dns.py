#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Mail goes where the DNS says, and what the DNS says wrong is told as what it is.

    tests/deliver_dns.py MAILWHY

A name server of our own, which answers, fails, or is silent, and `mailwhy serve` that sends by MX.
"""
import json
import socket
import struct
import threading

from deliver import RELAY, await_lives, follows, letters, main, send
from smtp_client import Server

CONFIG = RELAY + """[delivery]
port = {port}
own-addresses = deliver
addresses = ipv4
[dns]
servers = 127.0.0.1@{dns}
trust-anchor = none
timeout = 3s
"""
NOERROR, SERVFAIL, NXDOMAIN = 0, 2, 3
A, MX = 1, 15
RECORDS = {
    ("good.example", MX): [(10, "dead.mx.example"), (20, "live.mx.example")],
    ("plain.example", A): ["127.0.0.2"],
    ("alias.example", MX): [(5, "live.mx.example")],
    ("null.example", MX): [(0, "")],
    ("dead.mx.example", A): ["127.0.0.3"],
    ("live.mx.example", A): ["127.0.0.2"],
}
LIVES = {
    "a@good.example": ["delivered"],
    "a@plain.example": ["delivered"],
    "a@alias.example": ["delivered"],
    "a@null.example": ["failed"],
    "a@none.example": ["failed"],
    "a@trouble.example": ["deferred"],
    "a@silent.example": ["deferred"],
}
TOLD = {"a@null.example": "domain-no-mail", "a@none.example": "domain-not-found"}


def wire(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".") if part) + b"\0"


class Names:
    def __init__(self):
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            question, peer = self.socket.recvfrom(4096)
            answer = self.answer(question)
            if answer:
                self.socket.sendto(answer, peer)

    def answer(self, question):
        at, parts = 12, []
        while question[at]:
            parts.append(question[at + 1:at + 1 + question[at]].decode("latin-1").lower())
            at += question[at] + 1
        name, (kind,) = ".".join(parts), struct.unpack("!H", question[at + 1:at + 3])
        self.asked.append((name, kind))
        if name == "silent.example":
            return None
        records = RECORDS.get((name, kind), [])
        known = any(n == name or n.endswith("." + name) for n, _ in RECORDS)
        code = SERVFAIL if name == "trouble.example" else NOERROR if known else NXDOMAIN
        body = b""
        for record in records:
            data = socket.inet_aton(record) if kind == A else struct.pack("!H", record[0]) + wire(record[1])
            body += b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(data)) + data
        head = question[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(records), 0, 0)
        return head + question[12:at + 5] + body


def run(mailwhy, folder, faults):
    names = Names()
    with open(f"{folder}/err", "wb") as err:
        far = Server(mailwhy, "--quiet", "--scenario", "builtin", "--listen", "127.0.0.2:0", "--spool", f"{folder}/far",
                     "--log", f"{folder}/far.json", stdout=err, stderr=err)
        with open(f"{folder}/mx.conf", "w", encoding="utf-8") as config:
            config.write(CONFIG.format(folder=folder, port=far.at["smtp"].rsplit(":", 1)[1], dns=names.port))
        near = Server(mailwhy, "--quiet", "--config", f"{folder}/mx.conf", "--listen", "127.0.0.1:0", stdout=err, stderr=err)
        for recipient in LIVES:
            send(near.at["smtp"], recipient)
        for _ in range(20):
            send(near.at["smtp"], "b@trouble.example")
        seen = await_lives(folder, LIVES, 30)
        if not all(follows(seen.get(r, []), wanted) for r, wanted in LIVES.items()):
            faults.append(f"after 30 s: {seen}")
        for server in (near, far):
            status = server.stop()
            if status != 0:
                faults.append(f"a server ended with {status}")
    read = letters(mailwhy, folder)
    for recipient, category in TOLD.items():
        of = [r["category"] for r in read if r["recipient"] == recipient]
        if of != [category]:
            faults.append(f"{recipient}: its letters are read as {of}, not {category}")
    with open(f"{folder}/log.json", encoding="utf-8") as log:
        events = [json.loads(line) for line in log]
    where = {e["recipient"]: e["remote"] for e in events if e["event"] == "delivered"}
    if where.get("a@good.example") != "live.mx.example":
        faults.append(f"a@good.example went to {where.get('a@good.example')}")
    if sum(name == "trouble.example" for name, _ in names.asked) > 40:
        faults.append("a domain in trouble is asked for with each mail")


if __name__ == "__main__":
    main(run, f"{len(LIVES)} domains as they should be")
