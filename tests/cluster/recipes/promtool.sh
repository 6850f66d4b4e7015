# Arguments: OUT WORK
# Not `go install`: the module has replace directives, which only its own build heeds. Without service discovery: no cloud's client.
set -euo pipefail
cd "$2" && go mod init berth-promtool
go get github.com/prometheus/prometheus/cmd/promtool@v0.313.1
go build -trimpath -tags remove_all_sd -ldflags "-s -w" -o "$1" github.com/prometheus/prometheus/cmd/promtool
