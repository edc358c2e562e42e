// What snapshot_demo.rs writes beside the program.

/** SHA-256 of demo.wasm. */
export const build: string;
/** Of CPython: two numbers. */
export const minor: string;
