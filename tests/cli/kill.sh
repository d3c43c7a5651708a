# mailwhy serve, killed at random moments: what it took is there, once and whole. See tests/kill.py.
. "$(dirname "$0")/check.inc"
python3 "$here/../kill.py" "$mailwhy" "${KILLS:-20}" || complain 'mail was lost, doubled or cut'
finish
