// The package, copied beside the same.
export * from 'pyem-trampoline/attach';
