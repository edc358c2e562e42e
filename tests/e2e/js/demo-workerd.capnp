using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "demo", worker = .worker)],
  # Port 0: whichever is free.
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "demo")],
);

const worker :Workerd.Worker = (
  compatibilityDate = "2026-11-01",
  # With it, emscripten's glue code takes this place for Node.
  compatibilityFlags = ["no_nodejs_compat"],
  modules = [
    (name = "demo-workerd.mjs", esModule = embed "demo-workerd.mjs"),
    (name = "demo-program.mjs", esModule = embed "demo-program.mjs"),
    (name = "demo.mjs", esModule = embed "demo.mjs"),
    (name = "suspending.mjs", esModule = embed "suspending.mjs"),
    (name = "page.mjs", esModule = embed "page.mjs"),
    (name = "parts.mjs", esModule = embed "parts.mjs"),
    (name = "snapshot/index.mjs", esModule = embed "snapshot/index.mjs"),
    (name = "snapshot/format.mjs", esModule = embed "snapshot/format.mjs"),
    (name = "snapshot/instance.mjs", esModule = embed "snapshot/instance.mjs"),
    (name = "snapshot/reseed.mjs", esModule = embed "snapshot/reseed.mjs"),
    (name = "snapshot/sha256.mjs", esModule = embed "snapshot/sha256.mjs"),
    (name = "snapshot/tables.mjs", esModule = embed "snapshot/tables.mjs"),
    (name = "demo.wasm", wasm = embed "demo.wasm"),
    (name = "adaptor.wasm", wasm = embed "adaptor.wasm"),
    (name = "used.snapshot", data = embed "used.snapshot"),
    (name = "stdlib.zip", data = embed "stdlib.zip"),
  ],
);
