declare const adaptor: WebAssembly.Module;
export default adaptor;
