# Arguments: OUT WORK
set -euo pipefail
GOBIN=$2 go install github.com/mattfenwick/cyclonus/cmd/cyclonus@v0.5.6
mv "$2/cyclonus" "$1"
