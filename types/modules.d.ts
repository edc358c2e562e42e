// Modules that are not JavaScript.

declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
declare module '*.build' {
  const text: string;
  export default text;
}
declare module '*.snapshot' {
  const bytes: ArrayBuffer;
  export default bytes;
}
declare module '*.zip' {
  const bytes: ArrayBuffer;
  export default bytes;
}
// Not installed here: its own types are what users get.
declare module 'pyodide' {
  export const version: string;
  export function loadPyodide(options?: object): Promise<{ runPython(source: string): unknown }>;
}
declare module '*.py' {
  const text: string;
  export default text;
}
declare module '*.txt' {
  const text: string;
  export default text;
}
