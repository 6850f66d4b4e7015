# Arguments: OUT WORK
set -euo pipefail
GOBIN=$2 go install helm.sh/helm/v3/cmd/helm@v3.19.5
mv "$2/helm" "$1"
