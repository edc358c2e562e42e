// What the Node driver uses of an instance of emscripten's glue code.

interface EmscriptenModule {
  FS: EmscriptenFS;
  ENV: Record<string, string | undefined>;
}

interface EmscriptenStream {
  seekable: boolean;
  tty?: { ops: Record<string, never> };
}

type StreamCall = (stream: EmscriptenStream, heap: Uint8Array, offset: number, length: number) => number;

interface EmscriptenFS {
  initialized: boolean;
  filesystems: { NODEFS: object };
  ErrnoError: new (errno: number) => Error;
  init(): void;
  mkdirTree(path: string): void;
  mount(type: object, options: { root: string }, path: string): void;
  writeFile(path: string, data: Uint8Array): void;
  chdir(path: string): void;
  makedev(major: number, minor: number): number;
  mkdev(path: string, device: number): void;
  open(path: string, flags: string): EmscriptenStream;
  closeStream(fd: number): void;
  registerDevice(
    device: number,
    ops: { open(stream: EmscriptenStream): void; read: StreamCall; write: StreamCall },
  ): void;
}
