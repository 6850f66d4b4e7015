# Arguments: OUT WORK
set -euo pipefail
GOBIN=$2 go install github.com/rancher/local-path-provisioner@v0.0.30
mv "$2/local-path-provisioner" "$1"
