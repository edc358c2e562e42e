// Before everything else in a worker of a page under test: reports to errors.js what goes wrong.

{
  const channel = new BroadcastChannel('errors');
  addEventListener('error', (event) => channel.postMessage(`worker: ${event.message}`));
  addEventListener('unhandledrejection', (event) => channel.postMessage(`worker, unhandled: ${event.reason}`));
  addEventListener('securitypolicyviolation', (event) => channel.postMessage(`worker, policy: ${event.blockedURI}`));
  console.error = (...given) => channel.postMessage(`worker, console: ${given.join(' ')}`);
}
