# Mail to servers that answer in every way there is, over five days by a clock that we turn. See tests/deliver_days.py.
. "$(dirname "$0")/check.inc"
python3 "$here/../deliver_days.py" "$mailwhy" || complain 'a mail went another way in five days than its category says'
finish
