#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A server that says anything, at any moment: the relay lives, leaks nothing, and each mail has an end.

    tests/deliver_hostile.py MAILWHY [SECONDS [SEED]]

A quarter of the replies are garbage, 64 KB long, refusals, one too many, or none: the connection is
closed, reset, or nothing is said. Meant for a build with sanitizers; the relay's times are cut to 1 %.
"""
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

from deliver import RELAY, lives, send
from smtp_client import Server

CONFIG = RELAY + """route = 127.0.0.1:{port}
[delivery]
patience = 1
uncertain-wait = 1s
chunking = {chunking}
[retry]
longest = 1s
lifetime = {lifetime}s
warn = 5s
schedule = connection-failed:1s timeout:1s server-busy:1s protocol-error:1s unknown:1s policy:1s tls-failed:1s server-misconfigured:1s
"""
OFFERS = "250-h\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-STARTTLS\r\n250-SIZE 1000000\r\n250 8BITMIME"
MISCHIEF = ["close", "reset", "silent", "\x00\xff junk \x1b[31m", "\r\n".join(["250-" + "x" * 900] * 80) + "\r\n250 ok",
            "421 4.3.2 bye", "554 5.7.1 no", "250-a\r\n" * 150 + "250 b", "250 one\r\n250 more\r\n550 5.1.1 more"]


class Hostile:
    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            one, _ = self.socket.accept()
            threading.Thread(target=self.serve, args=(one,), daemon=True).start()

    def serve(self, one):
        try:
            with one, one.makefile("rwb") as line:
                self.say(one, line, "220 h")
                while self.answer(one, line):
                    pass
        except (OSError, ValueError, IndexError):
            pass

    def say(self, one, line, text):
        if self.chance.random() < 0.15:
            text = self.chance.choice(MISCHIEF)
        if text == "reset":
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if text in ("close", "reset"):
            raise OSError
        if text == "silent":
            time.sleep(4)
            return
        line.write(text.encode("latin-1") + b"\r\n")
        line.flush()

    def answer(self, one, line):
        words = line.readline().split()
        verb = words[0].upper() if words else b"QUIT"
        if verb == b"DATA":
            self.say(one, line, "354 go")
            while (text := line.readline()) != b".\r\n":
                if not text:
                    return False
        elif verb == b"BDAT":
            line.read(int(words[1]))
        elif verb == b"STARTTLS":
            self.say(one, line, self.chance.choice(["220 go", "454 4.7.0 no"]))
            return False
        self.say(one, line, OFFERS if verb == b"EHLO" else "221 bye" if verb == b"QUIT" else "250 ok")
        return verb != b"QUIT"


def run(mailwhy, folder, seconds, seed):
    far = Hostile(seed)
    with open(f"{folder}/mx.conf", "w", encoding="utf-8") as config:
        config.write(CONFIG.format(folder=folder, port=far.port, lifetime=seconds, chunking=random.Random(seed).choice(["no", "yes"])))
    with open(f"{folder}/err", "wb") as err:
        near = Server(mailwhy, "--quiet", "--config", f"{folder}/mx.conf", "--listen", "127.0.0.1:0", stdout=err, stderr=err)
        wanted = [f"r{i}@d{i % 7}.example" for i in range(150)]
        for recipient in wanted:
            send(near.at["smtp"], recipient)
        until = time.monotonic() + seconds + 25
        ends = {"delivered", "failed", "expired"}
        while time.monotonic() < until:
            seen = lives(f"{folder}/log.json")
            open_ = [r for r in wanted if not ends & set(seen.get(r, []))]
            if not open_ or near.process.poll() is not None:
                break
            # A destination that is down for a minute would be all that is seen.
            subprocess.run([mailwhy, "queue", "--spool", f"{folder}/spool", "flush"], check=False, stdout=subprocess.DEVNULL)
            time.sleep(1)
        status = near.stop()
    with open(f"{folder}/err", encoding="utf-8", errors="replace") as err:
        text = err.read()
    if status != 0 or open_ or "ERROR" in text or "WARNING: Thread" in text:
        sys.exit(f"seed {seed}: status {status}, without an end {open_[:5]} of {len(open_)}\n{text[:3000]}")
    good = sum("delivered" in seen[r] for r in wanted)
    print(f"seed {seed}: {len(wanted)} mails have an end, {good} were delivered")


def main():
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)
    folder = tempfile.mkdtemp(prefix="mailwhy-hostile-")
    try:
        run(os.path.abspath(sys.argv[1]), folder, int(sys.argv[2]) if len(sys.argv) > 2 else 25, seed)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
