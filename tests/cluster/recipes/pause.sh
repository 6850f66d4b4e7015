# The image localhost/pause:1. Arguments: OUT WORK
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir "$2/root" && gcc -O2 -static -o "$2/root/pause" "$here/pause.c"
python3 "$here/oci.py" localhost/pause:1 "$2/root" "$1" '{"Entrypoint":["/pause"]}'
