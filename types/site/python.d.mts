// Emscripten's glue code, which examples find beside them when they run.

export default function createPython(options: Record<string, unknown>): Promise<Record<string, any>>;
