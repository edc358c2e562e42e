// Before everything else in a page under test: keeps what goes wrong, for the test to read.

/** @type {string[]} */
const pageErrors = [];
Object.assign(globalThis, { pageErrors });
// Captured: the error of a script or a picture that does not load reaches its own element only.
addEventListener(
  'error',
  (event) => pageErrors.push(`error: ${event.message ?? Reflect.get(event.target ?? {}, 'outerHTML')}`),
  true,
);
addEventListener('unhandledrejection', (event) => pageErrors.push(`unhandled: ${event.reason}`));
addEventListener('securitypolicyviolation', (event) =>
  pageErrors.push(`policy: ${event.violatedDirective} ${event.blockedURI}`),
);
console.error = (...given) => pageErrors.push(`console: ${given.join(' ')}`);
// What worker-errors.js reports.
new BroadcastChannel('errors').addEventListener('message', ({ data }) => pageErrors.push(data));
