// What preRun.js finds around it: emscripten's glue code, and its own records.

type PyemPath = 'wasm-gc' | 'reflection' | 'probe';

/** What an embedder may say in `Module['pyemTrampolineOptions']` before the module starts. */
interface PyemOptions {
  /** Takes this path and no other; an error where the engine does not have it. */
  path?: PyemPath;
  /** The adaptor, for places that may not compile WebAssembly at run time. */
  adaptor?: WebAssembly.Module | BufferSource;
}

/** `Module['pyemTrampoline']`. */
interface PyemHandle {
  /** The live path; null before the hook ran. */
  readonly path: PyemPath | null;
  /** How many slots were resolved by each path. The counts are in memory, so a snapshot has them. */
  readonly resolutions: Record<PyemPath, number>;
  /** Sets the counts to 0 and forgets the cached signatures. */
  reset(): void;
  /**
   * Forgets the signatures of slots that JavaScript wrote: in another instance other functions may be there. takeSnapshot
   * and restoreSnapshot call it; whoever copies memory by other means calls it before.
   */
  forgetWritten(): void;
}

/** The fields of `pyem_trampoline_abi` in src/shim.c: addresses, lengths and a slot. */
interface PyemAbi {
  resolver: number;
  cache: number;
  cacheLength: number;
  adaptor: number;
  adaptorLength: number;
  resolutions: number;
}

/** What the archive's EM_JS functions call. */
interface PyemInternals {
  /** The `initRuntime` of the glue code that it is part of. */
  glue: (...exports: unknown[]) => void;
  preRun(): void;
  resolve(slot: number, address: number): number;
  describe(slot: number): number;
}

declare namespace WebAssembly {
  /** Of the type reflection proposal. */
  // biome-ignore lint/suspicious/noShadowRestrictedNames: it is its name
  const Function: (new (...args: never[]) => unknown) & { type(f: unknown): PyemFunctionType };
}

interface PyemFunctionType {
  parameters: string[];
  results: string[];
}

declare const Module: {
  pyemTrampolineOptions?: PyemOptions;
  pyemTrampoline?: PyemHandle;
  preRun?: (() => void) | (() => void)[];
};
declare const wasmTable: WebAssembly.Table;
declare const wasmTableMirror: unknown[] | undefined;
declare const wasmExports: Record<string, unknown>;
declare const HEAPU8: Uint8Array<ArrayBuffer>;
declare const HEAPU32: Uint32Array<ArrayBuffer>;
declare const _pyem_trampoline_abi: number | bigint;
declare let initRuntime: (...exports: unknown[]) => void;
declare const ENVIRONMENT_IS_PTHREAD: boolean;
declare const ENVIRONMENT_IS_WASM_WORKER: boolean;
declare function addOnPreRun(hook: () => void): void;
