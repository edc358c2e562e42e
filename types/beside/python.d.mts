// Emscripten's glue code, which examples find beside them when they run.

interface EmbeddedPython {
  ccall(name: string, result: string, types: string[], values: string[]): number;
}

export default function createPython(options: Record<string, unknown>): Promise<EmbeddedPython>;
