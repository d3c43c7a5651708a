#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Five days in less than a minute: for every category that another server can cause, what becomes of a mail.

    tests/deliver_days.py MAILWHY

`mailwhy serve` with the settings it has by itself runs under libfaketime (Debian: libfaketime), whose clock we
turn; it relays to a server that gives each recipient the reply below, each domain at an address of its own. What is
refused for good ends at once, with a letter; what is put off is tried again, never before its time, its sender is
told after four hours, and given up on after five days; and both letters are read by `mailwhy bounce` as the same
category.
"""
import datetime
import glob
import json
import os
import subprocess
import time

from deliver import RELAY, letters, main, send, stories
from smtp_client import Server

CONFIG = RELAY + """routes = {folder}/routes
"""
FAIL, EXPIRE, DELIVER = "failed", "expired", "delivered"
MINUTE, HOUR, DAY = 60, 3600, 86400
LIFETIME, WARN = 5 * DAY, 4 * HOUR
# Name, category, where, what the server says (or does), the end, seconds between two attempts at least.
CASES = [
    ("fine", "delivered", "rcpt", None, DELIVER, 0),
    ("unknown", "recipient-unknown", "rcpt", "550 5.1.1 <u@x>: Recipient address rejected: User unknown", FAIL, 0),
    ("unknown-yet", "recipient-unknown", "rcpt", "450 4.1.1 <u@x>: Recipient address rejected: User unknown", EXPIRE, HOUR),
    ("disabled", "recipient-disabled", "rcpt", "550 5.2.1 This account has been disabled", FAIL, 0),
    ("moved", "recipient-moved", "rcpt", "551 5.1.6 User not local; please try <u@other.example>", FAIL, 0),
    ("restricted", "recipient-restricted", "rcpt", "550 5.7.1 You are not allowed to send to this group", FAIL, 0),
    ("full", "mailbox-full", "rcpt", "452 4.2.2 The mailbox is over its quota", EXPIRE, 4 * HOUR),
    ("full-for-good", "mailbox-full", "rcpt", "552 5.2.2 Mailbox full", FAIL, 0),
    ("no-domain", "domain-not-found", "rcpt", "550 5.1.2 Host unknown (Name server: x.example: host not found)", FAIL, 0),
    ("no-mail", "domain-no-mail", "rcpt", "556 5.1.10 Recipient address has null MX", FAIL, 0),
    ("loop", "routing-loop", "content", "554 5.4.6 Too many hops, mail loop detected", FAIL, 0),
    ("large", "message-too-large", "content", "552 5.3.4 Message size exceeds fixed limit", FAIL, 0),
    ("malformed", "message-malformed", "content", "554 5.6.0 Message contains bare LF, which RFC 5322 forbids", FAIL, 0),
    ("spam", "spam-content", "content", "554 5.7.1 Message rejected as spam by content filtering", FAIL, 0),
    ("spam-yet", "spam-content", "content", "451 4.7.1 Message looks like spam, put off", EXPIRE, HOUR),
    ("virus", "virus", "content", "554 5.7.1 Virus found in message (Eicar-Test-Signature)", FAIL, 0),
    ("attachment", "content-policy", "content", "552 5.7.0 This attachment type is not allowed", FAIL, 0),
    ("sender", "sender-rejected", "mail", "550 5.1.8 <s@x>: Sender address rejected: Domain not found", FAIL, 0),
    ("sender-yet", "sender-rejected", "mail", "450 4.1.8 <s@x>: Sender address rejected: Domain not found", EXPIRE, HOUR),
    ("dmarc", "sender-authentication", "content", "550 5.7.26 Unauthenticated email is not accepted due to the domain's DMARC policy", FAIL, 0),
    ("listed", "reputation-ip", "rcpt", "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", FAIL, 0),
    ("listed-yet", "reputation-ip", "rcpt", "450 4.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org", EXPIRE, HOUR),
    ("bad-domain", "reputation-domain", "content", "550 5.7.1 The sending domain example.org has a poor reputation", FAIL, 0),
    ("ptr", "reverse-dns", "mail", "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]", EXPIRE, HOUR),
    ("ptr-for-good", "reverse-dns", "mail", "550 5.7.25 The IP address sending this message does not have a PTR record", FAIL, 0),
    ("relay", "relay-denied", "rcpt", "554 5.7.1 <u@x>: Relay access denied", FAIL, 0),
    ("relay-yet", "relay-denied", "rcpt", "454 4.7.1 <u@x>: Relay access denied", EXPIRE, HOUR),
    ("login", "auth-required", "mail", "530 5.7.0 Authentication required", FAIL, 0),
    ("bad-login", "auth-failed", "mail", "535 5.7.8 Error: authentication failed", FAIL, 0),
    ("tls", "tls-required", "mail", "530 5.7.0 Must issue a STARTTLS command first", FAIL, 0),
    ("tls-broken", "tls-failed", "mail", "454 4.7.0 TLS not available due to local problem", EXPIRE, HOUR / 2),
    ("protocol", "protocol-error", "data", "503 5.5.1 Error: nested MAIL command", FAIL, 0),
    ("rate", "rate-limited", "rcpt", "450 4.7.1 Too many messages from your address, slow down", EXPIRE, MINUTE),
    ("rate-named", "rate-limited", "rcpt", "452 4.7.1 You have exceeded the sending rate limit, try again in 3 hours", EXPIRE, 3 * HOUR),
    ("connections", "too-many-connections", "mail", "421 4.7.0 Too many concurrent connections from your host", EXPIRE, 5 * MINUTE),
    ("recipients", "too-many-recipients", "rcpt", "452 4.5.3 Too many recipients", EXPIRE, 5 * MINUTE),
    ("greylisted", "greylisted", "rcpt", "450 4.2.0 <u@x>: Recipient address rejected: Greylisted", DELIVER, 5 * MINUTE),
    ("grey-named", "greylisted", "rcpt", "451 4.7.1 Greylisting in action, please come back in 00:25:00", DELIVER, 25 * MINUTE),
    ("busy", "server-busy", "mail", "421 4.3.2 System not accepting network messages", EXPIRE, 15 * MINUTE),
    ("no-space", "server-full", "mail", "452 4.3.1 Insufficient system storage", EXPIRE, HOUR),
    ("config", "server-misconfigured", "rcpt", "451 4.3.5 Server configuration error", EXPIRE, HOUR),
    ("policy", "policy", "rcpt", "550 5.7.1 Access denied by local policy", FAIL, 0),
    ("policy-yet", "policy", "rcpt", "450 4.7.1 Access denied by local policy", EXPIRE, HOUR),
    ("nobody", "connection-failed", None, None, EXPIRE, 15 * MINUTE),
    ("silent", "timeout", "rcpt", "delay 20", EXPIRE, 15 * MINUTE),
    ("dropped", None, "rcpt", "drop", EXPIRE, 15 * MINUTE),
    ("lost", None, "content", "drop", EXPIRE, 5 * MINUTE),
    ("words", "unknown", "rcpt", "450 qwertz", EXPIRE, HOUR / 2),
    ("words-for-good", "unknown", "rcpt", "550 qwertz", FAIL, 0),
]
# So many mails to one server that answers and serves nobody: the first few find it out.
OUTAGE, FEW = 60, 12
# The rest is no reply of another server.
ELSEWHERE = {"expired", "suppressed", "auto-reply", "complaint"}
# Seconds between two looks: as fine as the first retries are, then as coarse as the last.
STEPS = [10 * MINUTE] * 12 + [30 * MINUTE] * 8 + [3 * HOUR] * 41
LOOK = 0.4  # seconds of ours until all that is due has been tried
SPEED = 20  # a second of ours, so that what the engine does each second does not hold us up


class Clock:
    """The clock of the servers that are started with env()."""

    def __init__(self, folder, speed=SPEED):
        self.path, self.speed, self.ahead = f"{folder}/clock", speed, 0
        self.turn(0)

    def turn(self, seconds):
        self.ahead += seconds
        with open(self.path + ".new", "w", encoding="ascii") as file:
            file.write(f"+{self.ahead} x{self.speed}\n")
        os.rename(self.path + ".new", self.path)

    def env(self):
        library = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        if not library:
            raise SystemExit("libfaketime is not there: apt-get install libfaketime")
        return dict(os.environ, LD_PRELOAD=library[0], FAKETIME_TIMESTAMP_FILE=self.path, FAKETIME_NO_CACHE="1",
                    ASAN_OPTIONS="verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", ""))


def scenario():
    """Each reply to its recipient, or at MAIL to its sender; greylisting ends at the third attempt."""
    text = ("server all\n\thost mx.far.example\n\nreply outage\n\tat rcpt\n\trecipient *@outage.example\n"
            "\tsay 421 4.3.2 Service shutting down\n\tcategory server-busy\n")
    for name, category, stage, says, end, _ in CASES:
        if stage is None or category == "delivered":
            continue
        text += f"\nreply {name}\n\tat {stage}\n"
        text += f"\tsender {name}@example.org\n" if stage == "mail" else f"\trecipient u@{name}.example\n"
        if end == DELIVER:
            text += "\tattempt 1-2\n"
        text += f"\t{says}\n" if says.startswith(("drop", "delay")) else f"\tsay {says}\n\tcategory {category}\n"
    return text


def address(n):
    """Each a destination of its own."""
    return f"127.1.{n // 200}.{n % 200 + 1}"


def seconds(stamp):
    return datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()


def only(story, *names):
    return [e for e in story if e["event"] in names]


def judge_waits(story, first):
    """Never before the time that was told, and never sooner than the first wait: waits only grow."""
    tries = only(story, "deferred", "delivery-uncertain", "failed", "delivered")
    for n, (one, after) in enumerate(zip(tries, tries[1:]), 1):
        gap = seconds(after["time"]) - seconds(one["time"])
        if gap < first:
            yield f"attempt {n + 1} came after {gap:.0f} s"
        if one.get("next_try") and seconds(after["time"]) < seconds(one["next_try"]) - 1:
            yield f"attempt {n + 1} came before {one['next_try']}"


def judge_story(case, story):
    name, category, _, _, end, first = case
    events = [e["event"] for e in story]
    arrival = seconds(only(story, "accepted")[0]["time"])
    tries = only(story, "deferred", "delivery-uncertain", "failed")
    if category not in (None, "delivered") and {e["category"] for e in tries} != {category}:
        yield f"read as {sorted({e['category'] for e in tries})}, not {category}"
    if end == FAIL and events[1:] != ["failed", "reported"]:
        yield f"refused for good, and {events}"
    if end == DELIVER and events[1:] != ["deferred"] * (2 if first else 0) + ["delivered"]:
        yield f"to be delivered, and {events}"
    if end == EXPIRE:
        told = [e for e in events if e in ("warned", "expired", "failed", "reported")]
        if told != ["warned", "expired", "reported"] or events[-1] != "reported":
            yield f"to be given up, and {events}"
        for word, age in (("warned", WARN), ("expired", LIFETIME)):
            for event in only(story, word):
                if not age <= seconds(event["time"]) - arrival < age + 5 * HOUR:
                    yield f"{word} after {(seconds(event['time']) - arrival) / HOUR:.1f} h"
        if name != "lost" and not 16 <= len(tries) <= 80:
            yield f"{len(tries)} attempts in five days"
    yield from judge_waits(story, first)


def judge(mailwhy, folder, faults):
    seen, read = stories(f"{folder}/log.json"), letters(mailwhy, folder)
    for case in CASES:
        name, category, _, _, end, _ = case
        recipient = f"u@{name}.example"
        if recipient not in seen:
            faults.append(f"{name}: nothing was seen of it")
            continue
        faults += [f"{name}: {fault}" for fault in judge_story(case, seen[recipient])]
        of = [r for r in read if r["recipient"] == recipient]
        actions = [] if end == DELIVER else ["failed"] if end == FAIL else ["delayed", "failed"]
        if sorted(r["action_field"] for r in of) != actions:
            faults.append(f"{name}: letters say {sorted(r['action_field'] for r in of)}, not {actions}")
        elif category == "unknown" and end == EXPIRE:
            if any(r["category"] not in ("unknown", "expired") for r in of):
                faults.append(f"{name}: letters are read as {[r['category'] for r in of]}")
        elif category and any(r["category"] != category for r in of):
            faults.append(f"{name}: letters are read as {[r['category'] for r in of]}, not {category}")


def judge_outage(folder, faults):
    """None is charged for what a few have found out; each has its end all the same."""
    mails = [story for recipient, story in stories(f"{folder}/log.json").items() if recipient.endswith("@outage.example")]
    hour = [e for story in mails for e in only(story, "deferred") if seconds(e["time"]) - seconds(story[0]["time"]) < HOUR]
    if len(mails) != OUTAGE or len(hour) > FEW:
        faults.append(f"outage: {len(hour)} attempts with {len(mails)} mails in the first hour")
    for story in mails:
        events = [e["event"] for e in story if e["event"] != "deferred"]
        if events != ["accepted", "warned", "expired", "reported"]:
            faults.append(f"outage: {events}")


def judge_destinations(mailwhy, folder, faults):
    """Who looks is told until when nothing is sent, and in whose words why."""
    text = subprocess.run([mailwhy, "queue", "destinations", "--json", "--spool", f"{folder}/spool"], stdout=subprocess.PIPE, text=True,
                          check=False).stdout
    rows = {row["destination"].split(":")[0]: row for row in map(json.loads, text.splitlines())}
    for name, member, words in (("rate", "next_message", "slow down"), ("connections", "connections", "concurrent"),
                                ("nobody", "down_since", "refused"), ("outage", "down_since", "shutting down")):
        row = rows.get(address([case[0] for case in CASES].index(name) if name != "outage" else len(CASES)), {})
        if not row.get(member) or words not in row.get("last", ""):
            faults.append(f"{name}: destinations says {row}")


def every_category(faults):
    known = {case[1] for case in CASES} | ELSEWHERE
    with open(os.path.join(os.path.dirname(__file__), "../knowledge/categories.kb"), encoding="utf-8") as file:
        there = {line.split()[1] for line in file if line.startswith("category ")}
    if there - known:
        faults.append(f"no mail here meets {sorted(there - known)}")


def run(mailwhy, folder, faults):
    every_category(faults)
    with open(f"{folder}/all.scenario", "w", encoding="utf-8") as file:
        file.write(scenario())
    clock = Clock(folder)
    with open(f"{folder}/err", "wb") as err:
        far = Server(mailwhy, "--quiet", "--scenario", f"{folder}/all.scenario", "--listen", "0.0.0.0:0", "--spool", f"{folder}/far",
                     "--log", f"{folder}/far.json", stdout=err, stderr=err)
        port = far.at["smtp"].rsplit(":", 1)[1]
        with open(f"{folder}/mx.conf", "w", encoding="utf-8") as config:
            config.write(CONFIG.format(folder=folder))
        with open(f"{folder}/routes", "w", encoding="utf-8") as routes:
            for n, case in enumerate(CASES):
                routes.write(f"{case[0]}.example {address(n)}:{port if case[2] else 1}\n")
            routes.write(f"outage.example {address(len(CASES))}:{port}\n")
        near = Server(mailwhy, "--quiet", "--config", f"{folder}/mx.conf", "--listen", "127.0.0.1:0", stdout=err, stderr=err,
                      env=clock.env())
        for case in CASES:
            send(near.at["smtp"], f"u@{case[0]}.example", sender=f"{case[0]}@example.org")
        for n in range(OUTAGE):
            send(near.at["smtp"], f"u{n}@outage.example")
        time.sleep(LOOK)
        judge_destinations(mailwhy, folder, faults)
        for step in STEPS:
            time.sleep(LOOK)
            clock.turn(step)
        time.sleep(3)
        near.process.terminate()
        clock.turn(HOUR)
        for name, server in (("near", near), ("far", far)):
            status = server.stop()
            if status != 0:
                faults.append(f"the {name} server ended with {status}")
    judge(mailwhy, folder, faults)
    judge_outage(folder, faults)


if __name__ == "__main__":
    main(run, f"{len(CASES)} mails and an outage, five days: as they should be")
