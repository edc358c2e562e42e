// Before everything else in a page under test: keeps what goes wrong, for the test to read.

/** @type {string[]} */
const pageErrors = [];
Object.assign(globalThis, { pageErrors });
addEventListener('error', (event) => pageErrors.push(`error: ${event.message}`));
addEventListener('unhandledrejection', (event) => pageErrors.push(`unhandled: ${event.reason}`));
addEventListener('securitypolicyviolation', (event) =>
  pageErrors.push(`policy: ${event.violatedDirective} ${event.blockedURI}`),
);
console.error = (...given) => pageErrors.push(`console: ${given.join(' ')}`);
