#!/bin/bash
# An interpreter in C calls functions of each signature, in Node and in a browser.
set -euo pipefail

link() {
  emcc -O2 -I"$PREFIX/include" examples/interpreter.c "$PREFIX/lib/libpyem_trampoline.a" "$@"
}
works() {
  grep -qx '100 201 303 406 -1' "$1" || { echo "$1 has:"; cat "$1"; exit 1; }
}

link -o interpreter.js
node interpreter.js > node.txt
works node.txt

link --emrun -sMINIFY_HTML=0 -o interpreter.html
python=${EMSDK_PYTHON:-python3}
"$python" "$(em-config EMSCRIPTEN_ROOT)/emrun.py" --browser firefox --browser-args=-headless --safe-firefox-profile \
  --kill-exit --timeout 120 --log-stdout browser.txt interpreter.html
works browser.txt
