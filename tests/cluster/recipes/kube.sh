# etcd, apiserver, controller-manager, scheduler, kubelet and kube-proxy as one Go binary. Arguments: OUT WORK
# 1.34 is the last minor whose kubelet starts on hosts with cgroup v1.
set -euo pipefail
out=$1 work=$2 here=$(cd "$(dirname "$0")" && pwd) version=1.34.4
cp "$here/main.go" "$work/" && cd "$work"
mod=$(go mod download -json "k8s.io/kubernetes@v$version" | python3 -c 'import json,sys;print(json.load(sys.stdin)["GoMod"])')
{ echo "module testcluster"; echo "go 1.24.0"; echo "require k8s.io/kubernetes v$version"
  grep -oE '^\s*k8s.io/[a-z0-9-]+ => ./staging' "$mod" | awk -v v="v0.${version#1.}" '{print "replace " $1 " => " $1 " " v}'; } > go.mod
go mod tidy
go build -trimpath -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=v$version" -o "$out" .
