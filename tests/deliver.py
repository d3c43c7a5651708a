#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A mail's whole life, in seconds: what each reply of another server leads to, and what its sender is told.

    tests/deliver.py MAILWHY

One `mailwhy serve` relays to another that answers as the address says (the built-in scenario). Each
recipient has to go the way of its reply; who is refused, late or given up has a letter that `mailwhy
bounce` reads as what happened.
"""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from smtp_client import Client, Server

# A relay: how those begin that the tests send mail to.
RELAY = """[server]
spool = {folder}/spool
log = {folder}/log.json
hostname = mx.example.org
[local]
domains = example.org
mailboxes = {folder}/mail
[relay]
networks = 127.0.0.0/8
"""
CONFIG = RELAY + """route = {far}
routes = {folder}/routes
[delivery]
uncertain-wait = 2s
[retry]
lifetime = 9s
warn = 3s
warn-urgent = 1s
longest = 1s
schedule = greylisted:1s unknown:1s server-busy:1s policy:1s connection-failed:1s timeout:1s recipient-unknown:1s mailbox-full:1s server-misconfigured:1s rate-limited:1s
"""
# Recipient, and the events that have to be in the log, in this order; the last one ends it.
LIVES = {
    "anybody@far.example": ["delivered"],
    "rcpt-550-5.1.1-User+unknown@scenario.test": ["failed"],
    "rcpt-553-5.1.3@scenario.test": ["failed"],
    "content-552-5.2.2@scenario.test": ["failed"],
    "content-554-5.7.1-Spam@scenario.test": ["failed"],
    "data-554-5.5.1@scenario.test": ["failed"],
    "first2-rcpt-450-4.7.1-Greylisted@scenario.test": ["deferred", "deferred", "delivered"],
    "rcpt-450-4.2.1@scenario.test": ["deferred", "warned", "expired"],
    "content-451-4.3.0@scenario.test": ["deferred", "warned", "expired"],
    "drop-content@scenario.test": ["delivery-uncertain", "delivery-uncertain", "expired"],
    "nobody@dead.example": ["deferred", "warned", "expired"],
}
TOLD = {
    "rcpt-550-5.1.1-User+unknown@scenario.test": ("failed", "recipient-unknown"),
    "content-552-5.2.2@scenario.test": ("failed", "mailbox-full"),
    "rcpt-450-4.2.1@scenario.test": ("failed", None),
    "drop-content@scenario.test": ("failed", None),
    "nobody@dead.example": ("failed", "connection-failed"),
}


def submit(address, sender, recipients, text, parameters=""):
    """One mail to all of them, which has to be taken."""
    client = Client(address)
    client.expect(220)
    client.say("EHLO client.example", 250)
    client.say(f"MAIL FROM:<{sender}>{parameters}", 250)
    for recipient in recipients:
        client.say(f"RCPT TO:<{recipient}>", 250)
    client.say("DATA", 354)
    client.send(f"{text}.\r\n".encode())
    client.expect(250)
    client.close()


def send(address, recipient, header="", sender="eve@example.org", body="hello\r\n"):
    submit(address, sender, [recipient], f"{header}Subject: to {recipient}\r\nMessage-ID: <{recipient}>\r\n\r\n{body}")


def stories(path):
    """The events of each recipient."""
    seen = {}
    with open(path, encoding="utf-8") as log:
        for line in log:
            event = json.loads(line)
            if event["event"] != "slowed" and event.get("recipient"):
                seen.setdefault(event["recipient"], []).append(event)
    return seen


def lives(path):
    """What became of each recipient, in words."""
    return {r: events for r, story in stories(path).items()
            if (events := [e["event"] for e in story if e["event"] not in ("accepted", "reported")])}


def follows(events, wanted):
    """All of `wanted` in that order, others between them."""
    rest = iter(events)
    return all(one in rest for one in wanted)


def letters(mailwhy, folder):
    text = subprocess.run([mailwhy, "bounce", "--json", f"{folder}/mail"], stdout=subprocess.PIPE, text=True, check=False).stdout
    return [json.loads(line) for line in text.splitlines()]


def judge(mailwhy, folder, faults):
    seen, read = lives(f"{folder}/log.json"), letters(mailwhy, folder)
    for recipient, wanted in LIVES.items():
        if not follows(seen.get(recipient, []), wanted):
            faults.append(f"{recipient}: {seen.get(recipient)}, not {wanted}")
    for recipient, (action, category) in TOLD.items():
        of = [r for r in read if r["recipient"] == recipient and r["action_field"] == action]
        if len(of) != 1:
            faults.append(f"{recipient}: {len(of)} letters say {action}")
        elif category and of[0]["category"] != category:
            faults.append(f"{recipient}: its letter is read as {of[0]['category']}, not {category}")
        elif of[0]["message_id"].strip("<>") != recipient:
            faults.append(f"{recipient}: its letter is about {of[0]['message_id']}")
    for recipient in ("rcpt-450-4.2.1@scenario.test", "nobody@dead.example"):
        late = [r for r in read if r["recipient"] == recipient and r["action_field"] == "delayed"]
        if len(late) != 1:
            faults.append(f"{recipient}: {len(late)} letters say that it is late")
    if any(r["recipient"] == "anybody@far.example" for r in read):
        faults.append("a letter about a mail that was delivered")


def own_trouble(mailwhy, near, folder, faults):
    """Bodies that can't be read are our trouble: the destination is not held to be down for them."""
    send(near.at["smtp"], "somebody@far.example")
    await_lives(folder, {"somebody@far.example": ["delivered"]}, 10)
    broken = {f"first1-rcpt-450-4.7.1-Greylisted+{n}@scenario.test": ["deferred", "deferred"] for n in range(4)}
    for recipient in broken:
        send(near.at["smtp"], recipient, body=("x" * 78 + "\r\n") * 5000)
    for path in glob.glob(f"{folder}/spool/body/*"):
        os.truncate(path, 100)
    await_lives(folder, broken, 10)
    rows = subprocess.run([mailwhy, "queue", "destinations", "--json", "--spool", f"{folder}/spool"], stdout=subprocess.PIPE, text=True,
                          check=False).stdout
    if '"down_since":null' not in rows:
        faults.append(f"our own trouble: {rows}")


def run(mailwhy, folder, faults):
    with open(f"{folder}/err", "wb") as err:
        far = Server(mailwhy, "--quiet", "--scenario", "builtin", "--listen", "127.0.0.1:0", "--spool", f"{folder}/far",
                     "--log", f"{folder}/far.json", stdout=err, stderr=err)
        with open(f"{folder}/mx.conf", "w", encoding="utf-8") as config:
            config.write(CONFIG.format(folder=folder, far=far.at["smtp"]))
        with open(f"{folder}/routes", "w", encoding="utf-8") as routes:
            routes.write("# nobody listens there\ndead.example 127.0.0.1:1\n")
        near = Server(mailwhy, "--quiet", "--config", f"{folder}/mx.conf", "--listen", "127.0.0.1:0", stdout=err, stderr=err)
        for recipient in LIVES:
            send(near.at["smtp"], recipient)
        await_lives(folder, LIVES, 40)
        own_trouble(mailwhy, near, folder, faults)
        for name, server in (("near", near), ("far", far)):
            status = server.stop()
            if status != 0:
                faults.append(f"the {name} server ended with {status}")
    judge(mailwhy, folder, faults)


def await_lives(folder, wanted, seconds):
    """Waits until all have gone as they should, and their letters have arrived; what was seen."""
    until = time.monotonic() + seconds
    seen = {}
    while time.monotonic() < until:
        seen = lives(f"{folder}/log.json")
        if all(follows(seen.get(r, []), events) for r, events in wanted.items()):
            break
        time.sleep(0.2)
    time.sleep(1)
    return seen


def main(test, good):
    """Runs test(mailwhy, folder, faults) in a folder of its own; `good` is what to say when there are none."""
    mailwhy = os.path.abspath(sys.argv[1])
    folder = tempfile.mkdtemp(prefix="mailwhy-deliver-")
    faults = []
    try:
        test(mailwhy, folder, faults)
        with open(f"{folder}/err", encoding="utf-8", errors="replace") as err:
            text = err.read()
        if "ERROR" in text:
            faults.append(text[:2000])
    finally:
        if "KEEP" in os.environ:
            print(folder)
        else:
            shutil.rmtree(folder)
    print("\n".join(faults) if faults else good)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main(run, f"{len(LIVES)} lives as they should be")
