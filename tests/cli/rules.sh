# Every rule of the built-in knowledge and of the shipped example wins its own examples.
set -eu
mailwhy=$1
"$mailwhy" rules check
"$mailwhy" rules check --rules "$(dirname "$0")/../../examples/our.rules"
