# Arguments: OUT WORK
set -euo pipefail
GOBIN=$2 go install github.com/zegl/kube-score/cmd/kube-score@v1.20.0
mv "$2/kube-score" "$1"
