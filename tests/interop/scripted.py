#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mailwhy sends to a scripted server with a DNS of its own, which answers in a hundred ways; the truth is written down there.

    scripted.py MAILWHY FOLDER

FOLDER has scenarios.json and scripted_sink.py (names and addresses of its own, port 25); both run in a network
namespace that ends with them. Twenty minutes of mailwhy's clock, with its own schedule. Needs root, iproute2 and
libfaketime. Local delivery, which is the server's own business, has no part in it.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from deliver_days import Clock, only, stories  # pylint: disable=wrong-import-position
from smtp_client import Client, Server  # pylint: disable=wrong-import-position

ADDRESSES = ["route add local 198.51.0.0/16 dev lo", "route add blackhole 198.51.105.0/24", "route add unreachable 198.51.106.0/24",
             "route add prohibit 198.51.107.0/24", "addr add 203.0.113.53/32 dev lo", "addr add 192.0.2.10/32 dev lo"]
CONFIG = """[server]
spool = {folder}/spool
log = {folder}/log.json
hostname = out.origin.example
[relay]
networks = 127.0.0.0/8
routes = {folder}/routes
[delivery]
own-addresses = deliver
addresses = ipv4
[dns]
servers = 203.0.113.53
trust-anchor = none
"""
SPEED, SECONDS = 40, 45
# What its log says last, within that time.
ENDS = {"bounced": {"failed"}, "delivered": {"delivered"}, "deferred": {"deferred", "delivery-uncertain"},
        "either": {"failed", "delivered", "deferred", "delivery-uncertain"}}


def enter_namespace():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for line in ADDRESSES:
        subprocess.run(["ip", *line.split()], check=True)


def inject(address, scenario):
    """One mail to all of its recipients. False: it was refused at once, which is an honest answer to UTF-8 too."""
    client = Client(address)
    client.expect(220)
    client.say("EHLO client.origin.example", 250)
    extra = " SMTPUTF8 BODY=8BITMIME" if scenario.get("utf8rcpt") else " BODY=8BITMIME" if scenario.get("eightbit") else ""
    client.say(f"MAIL FROM:<{scenario['sender']}>{extra}", 250)
    for local in scenario["rcpts"]:
        client.send(f"RCPT TO:<{local}@{scenario['domain']}>\r\n".encode())
        client.expect(250)
    client.say("DATA", 354)
    body = "Grüße\r\n" if scenario.get("eightbit") else "x" * 70 + "\r\n"
    body *= max(1, scenario.get("size", 0) // 72)
    subject = "Grüße" if scenario.get("utf8rcpt") else scenario["id"]
    client.send(f"Subject: {subject}\r\nMessage-ID: <{scenario['id']}@origin.example>\r\n\r\n{body}.\r\n".encode())
    client.expect(250)
    client.close()


def judge(folder, scenarios):
    seen = stories(folder)
    wrong = checks = 0
    for s in scenarios:
        for local, own in s["rcpts"].items():
            wanted = own.get("expect", s["expect"])
            tries = only(seen.get(f"{local}@{s['domain']}", []), "delivered", "deferred", "failed", "delivery-uncertain")
            checks += 1
            if not tries or tries[-1]["event"] not in ENDS[wanted] or sum(e["event"] == "delivered" for e in tries) > 1:
                wrong += 1
                print(f"FAILED scripted: {s['id']} {local}: {[(e['event'], e['reply'], e['text'][:60]) for e in tries[-2:]]}, not {wanted}")
    return checks, wrong


def run(mailwhy, tools, folder):
    enter_namespace()
    scenarios = [s for s in json.loads((tools / "scenarios.json").read_text()) if not s.get("local")]
    clock = Clock(folder, SPEED)
    with open(f"{folder}/mx.conf", "w", encoding="utf-8") as config:
        config.write(CONFIG.format(folder=folder))
    with open(f"{folder}/routes", "w", encoding="utf-8") as routes:
        routes.writelines(f"{s['domain']} direct tls=must\n" for s in scenarios if s.get("policy"))
    with open(f"{folder}/err", "wb") as err, subprocess.Popen(
            [sys.executable, tools / "scripted_sink.py", "--netns", "--log", f"{folder}/sink.jsonl", "--mailbox", f"{folder}/box",
             "--certs", f"{folder}/certs"], stdout=subprocess.PIPE, stderr=err) as sink:
        sink.stdout.readline()
        near = Server(mailwhy, "--quiet", "--config", f"{folder}/mx.conf", "--listen", "127.0.0.1:2525", stdout=err, stderr=err,
                      env=clock.env())
        for s in scenarios:
            inject(near.at["smtp"], s)
        time.sleep(SECONDS)
        checks, wrong = judge(folder, scenarios)
        if near.stop() != 0:
            wrong += 1
            print("FAILED scripted: the server did not end well")
        sink.kill()
    return checks, wrong


def main():
    mailwhy, tools = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
    if "--inside" not in sys.argv:
        os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv, "--inside"])
    folder = tempfile.mkdtemp(prefix="mailwhy-scripted-")
    try:
        checks, wrong = run(mailwhy, tools, folder)
    finally:
        if "KEEP" in os.environ:
            print(folder)
        else:
            shutil.rmtree(folder)
    print(f"{checks - wrong} passed, {wrong} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
