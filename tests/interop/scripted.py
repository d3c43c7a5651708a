#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mailwhy sends to a scripted server with a DNS of its own, which answers in a hundred ways; the truth is written down there.

    scripted.py MAILWHY FOLDER

FOLDER has scenarios.json and scripted_sink.py (names and addresses of its own, port 25); both run in a network
namespace that ends with them. Half an hour of mailwhy's clock, with its own schedule. Needs root, iproute2 and
libfaketime. Local delivery, which is the server's own business, has no part in it.
"""
import json
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from deliver import main, stories, submit  # pylint: disable=wrong-import-position
from deliver_days import Clock, only  # pylint: disable=wrong-import-position
from smtp_client import Server  # pylint: disable=wrong-import-position

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
    """One mail to all of its recipients."""
    utf8, eight = scenario.get("utf8rcpt"), scenario.get("eightbit")
    body = ("Grüße\r\n" if eight else "x" * 70 + "\r\n") * max(1, scenario.get("size", 0) // 72)
    submit(address, scenario["sender"], [f"{local}@{scenario['domain']}" for local in scenario["rcpts"]],
           f"Subject: {'Grüße' if utf8 else scenario['id']}\r\nMessage-ID: <{scenario['id']}@origin.example>\r\n\r\n{body}",
           " SMTPUTF8 BODY=8BITMIME" if utf8 else " BODY=8BITMIME" if eight else "")


def judge(folder, scenarios, faults):
    seen = stories(f"{folder}/log.json")
    for s in scenarios:
        for local, own in s["rcpts"].items():
            wanted = own.get("expect", s["expect"])
            tries = only(seen.get(f"{local}@{s['domain']}", []), "delivered", "deferred", "failed", "delivery-uncertain")
            if not tries or tries[-1]["event"] not in ENDS[wanted] or len(only(tries, "delivered")) > 1:
                faults.append(f"{s['id']} {local}: {[(e['event'], e['reply'], e['text'][:60]) for e in tries[-2:]]}, not {wanted}")


def run(mailwhy, folder, faults):
    enter_namespace()
    clock = Clock(folder, SPEED)
    with open(f"{folder}/mx.conf", "w", encoding="utf-8") as config:
        config.write(CONFIG.format(folder=folder))
    with open(f"{folder}/routes", "w", encoding="utf-8") as routes:
        routes.writelines(f"{s['domain']} direct tls=must\n" for s in SCENARIOS if s.get("policy"))
    with open(f"{folder}/err", "wb") as err, open(f"{folder}/sink.err", "wb") as sink_err, subprocess.Popen(
            [sys.executable, TOOLS / "scripted_sink.py", "--netns", "--log", f"{folder}/sink.jsonl", "--mailbox", f"{folder}/box",
             "--certs", f"{folder}/certs"], stdout=subprocess.PIPE, stderr=sink_err) as sink:
        sink.stdout.readline()
        near = Server(mailwhy, "--quiet", "--config", f"{folder}/mx.conf", "--listen", "127.0.0.1:2525", stdout=err, stderr=err,
                      env=clock.env())
        for s in SCENARIOS:
            inject(near.at["smtp"], s)
        time.sleep(SECONDS)
        judge(folder, SCENARIOS, faults)
        if near.stop() != 0:
            faults.append("the server did not end well")
        sink.kill()


if __name__ == "__main__":
    if "--inside" not in sys.argv:
        os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv, "--inside"])
    TOOLS = pathlib.Path(sys.argv[2]).resolve()
    SCENARIOS = [s for s in json.loads((TOOLS / "scenarios.json").read_text()) if not s.get("local")]
    main(run, f"{sum(len(s['rcpts']) for s in SCENARIOS)} recipients went the way that is written down")
