#!/bin/bash
set -euo pipefail

# No feature of WebAssembly that an older Binaryen does not know.
export RUSTFLAGS=-Ctarget-cpu=mvp
cargo build --release --lib --target wasm32-unknown-emscripten

# One object, because MAIN_MODULE=1 links archives whole: members of Rust's `core` would come along.
mkdir objects
emar x --output objects "${CARGO_TARGET_DIR:-target}/wasm32-unknown-emscripten/release/libpyem_trampoline.rlib"
emcc -r objects/*.o -o pyem_trampoline.o

mkdir -p "$PREFIX"/{lib,include,share/pyem-trampoline}
emar rcsD "$PREFIX/lib/libpyem_trampoline.a" pyem_trampoline.o
cp include/pyem_trampoline.h "$PREFIX/include/"
cp preRun.js "$PREFIX/share/pyem-trampoline/"
