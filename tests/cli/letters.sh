# Letters as mail systems write them: tests/bounces/NAME.eml, and what they report.
exec python3 "$(dirname "$0")/../letters.py" "$1" "$(dirname "$0")/../bounces"
