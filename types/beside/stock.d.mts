// Pyodide's own module, renamed, beside the one of `examples/jupyterlite`.
export * from 'pyodide';
