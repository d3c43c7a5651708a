#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What tests of `mailwhy serve` share: a server that is started and stopped, and a client that says
exactly what it is told to.

As a program it plays a dialogue from standard input against ADDRESS (HOST:PORT or the path of a socket):

    > TEXT          sends the line with CR LF
    < 250 WORDS     reads one reply, which has to have that code and to contain the words
    ! tls           the TLS handshake
    ! pipe LINES    sends LINES (parted by " / ") in one piece
    ! plain U P     AUTH PLAIN with a wrong or right password
    ! fill BYTES    sends so many bytes of text in lines
    ! file PATH     sends a file as it is
    ! touch PATH    makes a file, to tell another process how far it has come
    ! await PATH    waits for a file
    ! closed        the server has closed the connection
    ! wait SECONDS
    ! drop          closes it without a word
"""
import base64
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time

PATIENCE = 30  # seconds for what should come at once


class Surprise(Exception):
    """The server said something else than it should."""


def tls_context():
    """Takes any certificate: those of tests are signed by themselves."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def connect(address, patience=PATIENCE):
    if "/" in address:
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(patience)
        sock.connect(address)
        return sock
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host.strip("[]"), int(port)), patience)


class Client:
    """A connection on which lines are sent and replies are read."""

    def __init__(self, address, tls=False, patience=PATIENCE):
        self.sock = connect(address, patience)
        self.rest = b""
        self.last = ""
        if tls:
            self.tls()

    def tls(self):
        self.sock = tls_context().wrap_socket(self.sock, server_hostname="mx.example.org")

    def send(self, data):
        self.sock.sendall(data.encode() if isinstance(data, str) else data)

    def line(self, text):
        self.send(text + "\r\n")

    def read_line(self):
        while b"\n" not in self.rest:
            more = self.sock.recv(65536)
            if not more:
                raise EOFError("the server closed the connection")
            self.rest += more
        line, self.rest = self.rest.split(b"\n", 1)
        return line.decode("utf-8").rstrip("\r")

    def reply(self):
        """Code and text of one reply, its lines joined by LF."""
        lines = []
        while True:
            line = self.read_line()
            if not re.match(r"[2-5]\d\d([ -]|$)", line):
                raise Surprise(f"no reply: {line!r}")
            lines.append(line[4:])
            if line[3:4] != "-":
                self.last = "\n".join(lines)
                return int(line[:3]), self.last

    def expect(self, code, words=""):
        got, text = self.reply()
        if got != code or words not in text:
            raise Surprise(f"{got} {text!r}, not {code} {words!r}")
        return text

    def say(self, text, code, words=""):
        self.line(text)
        return self.expect(code, words)

    def auth_plain(self, user, password):
        token = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        self.line(f"AUTH PLAIN {token}")

    def is_closed(self):
        try:
            return self.rest == b"" and self.sock.recv(1) == b""
        except ConnectionError:
            return True

    def close(self):
        self.sock.close()


def dotted(body):
    """A message as it goes over the line: dots doubled, the end added."""
    return re.sub(rb"(?m)^\.", b"..", body) + b".\r\n"


class Server:
    """`mailwhy serve` with those arguments. `at` names each listener's address by its kind, the first
    of a kind; `all` has them all."""

    def __init__(self, program, *arguments, stdout=None, stderr=None, env=None):
        inside, outside = os.pipe()
        self.process = subprocess.Popen([program, "serve", "--ready-fd", str(outside), *arguments],
                                        pass_fds=[outside], stdin=subprocess.DEVNULL, stdout=stdout,
                                        stderr=stderr, env=env)
        os.close(outside)
        with os.fdopen(inside, encoding="utf-8") as ready:
            words = ready.readline().split()
        if words[:1] != ["ready"]:
            raise Surprise(f"the server did not start: status {self.process.wait()}")
        self.all = list(zip(words[1::2], words[2::2]))
        self.at = dict(reversed(self.all))

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, patience=60):
        """The exit status after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


def await_file(path):
    until = time.monotonic() + PATIENCE
    while not os.path.exists(path):
        if time.monotonic() > until:
            raise Surprise(f"{path} did not come")
        time.sleep(0.02)


def order(client, word, rest):
    if word == "tls":
        client.tls()
    elif word == "pipe":
        client.send("".join(line + "\r\n" for line in rest.split(" / ")))
    elif word == "plain":
        client.auth_plain(*rest.split())
    elif word == "fill":
        line = "x" * 998 + "\r\n"
        client.send(line * (int(rest) // len(line)) + "x" * (int(rest) % len(line)))
    elif word == "file":
        with open(rest, "rb") as file:
            client.send(file.read())
    elif word == "touch":
        with open(rest, "wb"):
            pass
    elif word == "await":
        await_file(rest)
    elif word == "closed":
        if not client.is_closed():
            raise Surprise("the connection is still open")
    elif word == "wait":
        time.sleep(float(rest))
    elif word == "drop":
        client.close()
    else:
        raise SystemExit(f"no such order: {word}")


def play(client, text):
    for number, line in enumerate(text.split("\n"), 1):
        kind, rest = line[:1], line[2:]
        try:
            if kind == ">":
                client.line(rest)
            elif kind == "<":
                client.expect(int(rest[:3]), rest[4:])
            elif kind == "!":
                word, _, argument = rest.partition(" ")
                order(client, word, argument)
            elif line.strip():
                raise SystemExit(f"line {number}: {line!r} begins with none of > < !")
        except (Surprise, EOFError, OSError) as why:
            raise SystemExit(f"line {number}, {line!r}: {why}") from why


if __name__ == "__main__":
    play(Client(sys.argv[1]), sys.stdin.read())
