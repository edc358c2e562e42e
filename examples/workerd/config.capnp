using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "python", worker = .worker)],
  # Port 0: whichever is free.
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "python")],
);

const worker :Workerd.Worker = (
  compatibilityDate = "2026-11-01",
  # With it, emscripten's glue code takes this place for Node.
  compatibilityFlags = ["no_nodejs_compat"],
  modules = [
    (name = "worker.mjs", esModule = embed "worker.mjs"),
    (name = "python.mjs", esModule = embed "python.mjs"),
    (name = "pool/answer.mjs", esModule = embed "pool/answer.mjs"),
    (name = "pool/clear.mjs", esModule = embed "pool/clear.mjs"),
    (name = "pool/devices.mjs", esModule = embed "pool/devices.mjs"),
    (name = "pool/files.mjs", esModule = embed "pool/files.mjs"),
    (name = "pool/imports.mjs", esModule = embed "pool/imports.mjs"),
    (name = "pool/instance.mjs", esModule = embed "pool/instance.mjs"),
    (name = "pool/memory.mjs", esModule = embed "pool/memory.mjs"),
    (name = "pool/runner.mjs", esModule = embed "pool/runner.mjs"),
    (name = "pool/verify.mjs", esModule = embed "pool/verify.mjs"),
    (name = "snapshot/index.mjs", esModule = embed "snapshot/index.mjs"),
    (name = "snapshot/format.mjs", esModule = embed "snapshot/format.mjs"),
    (name = "snapshot/instance.mjs", esModule = embed "snapshot/instance.mjs"),
    (name = "snapshot/reseed.mjs", esModule = embed "snapshot/reseed.mjs"),
    (name = "snapshot/sha256.mjs", esModule = embed "snapshot/sha256.mjs"),
    (name = "snapshot/tables.mjs", esModule = embed "snapshot/tables.mjs"),
    (name = "python.wasm", wasm = embed "python.wasm"),
    (name = "adaptor.wasm", wasm = embed "adaptor.wasm"),
    (name = "python.build", text = embed "python.build"),
    (name = "python.snapshot", data = embed "python.snapshot"),
    (name = "python313.zip", data = embed "python313.zip"),
  ],
);
