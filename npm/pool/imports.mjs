// Which of emscripten's imports a call may use. Licence: MIT OR Apache-2.0.
//
// What C can reach outside its memory are its imports, so this list decides what has to be set back. An
// import that is not on it may leave anything behind: an instance that has called one is replaced.

/** @typedef {(...given: any[]) => any} Import */

const EAI_FAIL = -4;
const EACCES = 2;
const ENOSYS = 52;

/**
 * Refused: they would reach beyond the instance. Emscripten's `system` starts a shell where it runs in Node,
 * its sockets are WebSockets.
 *
 * @type {Record<string, Import>}
 */
const REFUSED = {
  '_emscripten_system': (/** @type {number} */ command) => (command ? -ENOSYS : 0),
  '__syscall_socket': () => -EACCES,
  'getaddrinfo': () => EAI_FAIL,
};

/**
 * Those that change memory, files, descriptors, the working directory or the umask, or nothing at all. (`getprotobyname` keeps
 * addresses of memory in JavaScript, `pipe2` a count.)
 */
const SET_BACK = new Set(
  `__call_sighandler __syscall_chdir __syscall_chmod __syscall_dup3 __syscall_faccessat __syscall_fadvise64
  __syscall_fchdir __syscall_fchmod __syscall_fchmodat2 __syscall_fchown32 __syscall_fchownat __syscall_fcntl64
  __syscall_fdatasync __syscall_fstat64 __syscall_fstatfs64 __syscall_ftruncate64 __syscall_getcwd
  __syscall_getdents64 __syscall_getgid32 __syscall_getuid32 __syscall_ioctl __syscall_lstat64 __syscall_mkdirat
  __syscall_newfstatat __syscall_openat __syscall_poll __syscall_poll_nonblocking __syscall_readlinkat
  __syscall_renameat __syscall_rmdir __syscall_stat64 __syscall_statfs64 __syscall_symlinkat __syscall_truncate64
  __syscall_umask __syscall_unlinkat __syscall_utimensat _gmtime_js _localtime_js _mktime_js _mmap_js _msync_js
  _munmap_js _tzset_js clock_res_get clock_time_get emscripten_date_now emscripten_get_heap_max
  emscripten_get_now emscripten_resize_heap environ_get environ_sizes_get fd_close fd_fdstat_get fd_pread
  fd_pwrite fd_read fd_seek fd_sync fd_write random_get _Py_CheckEmscriptenSignals_Helper
  _Py_emscripten_runtime pyem_resolve_js pyem_describe_js pyem_table_size_js`.split(/\s+/),
);

/**
 * Puts the pool's functions into the imports, before the instance is made.
 *
 * @param {WebAssembly.Module} module
 * @param {WebAssembly.Imports} imports
 * @param {(name: string) => void} onForeign an import was called that cannot be set back
 * @returns {{ umask: Import }} imports that the pool calls itself
 */
export function guardImports(module, imports, onForeign) {
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    const space = imports[from];
    if (kind !== 'function' || !space) continue;
    const value = /** @type {Import} */ (space[name]);
    const refused = REFUSED[name];
    if (refused) space[name] = refused;
    // In a call that waits, another one could begin.
    else if (typeof value !== 'function') throw new Error(`the import ${name} suspends: link without -sJSPI`);
    else if (!SET_BACK.has(name) && !name.startsWith('invoke_')) {
      space[name] = (/** @type {any[]} */ ...given) => {
        onForeign(name);
        return value(...given);
      };
    }
  }
  const umask = /** @type {Import | undefined} */ (imports['env']?.['__syscall_umask']);
  return { umask: umask ?? (() => 0) };
}

/**
 * Whether the imports have their names: a link with -O3 or -Os shortens them.
 *
 * @param {WebAssembly.Module} module
 */
export function hasNames(module) {
  return WebAssembly.Module.imports(module).some(({ name }) => SET_BACK.has(name));
}
