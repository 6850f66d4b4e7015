# Arguments: OUT WORK
set -euo pipefail
GOBIN=$2 go install sigs.k8s.io/kwok/cmd/kwok@v0.7.0
mv "$2/kwok" "$1"
