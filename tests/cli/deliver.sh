# mailwhy serve sends on: each reply of another server leads where it should, and a relay that is killed
# loses nothing. See tests/deliver.py, deliver_dns.py and kill_relay.py.
. "$(dirname "$0")/check.inc"
python3 "$here/../deliver.py" "$mailwhy" || complain 'a mail went another way than its reply says'
python3 "$here/../deliver_dns.py" "$mailwhy" || complain 'a mail went elsewhere than the DNS says'
python3 "$here/../kill_relay.py" "$mailwhy" "${KILLS:-8}" || complain 'mail was lost, or doubled and not marked'
python3 "$here/../deliver_hostile.py" "$mailwhy" 12 || complain 'a hostile server'
finish
