# Kubernetes' own description of its objects, of the oldest version Berth supports and of the newest it is tried on. Arguments: OUT WORK
set -euo pipefail
cd "$2" && go mod init berth-openapi >/dev/null 2>&1
for version in 1.24.17 1.34.4; do
  folder=$(go mod download -json "k8s.io/kubernetes@v$version" | python3 -c 'import json,sys;print(json.load(sys.stdin)["Dir"])')
  cp "$folder/api/openapi-spec/swagger.json" "$version.json"
done
python3 -c 'import json; print(json.dumps({v.rsplit(".", 1)[0]: json.load(open(v + ".json"))["definitions"] for v in ("1.24.17", "1.34.4")}))' > "$1"
