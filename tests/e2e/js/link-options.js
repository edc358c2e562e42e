// --pre-js of link_host.c: in Node the path comes from the environment; in a browser each thread of the program sends
// what it prints to link-page.mjs.
if (typeof process === 'object') {
  if (process.env['PYEM_PATH']) Module['pyemTrampolineOptions'] = { 'path': process.env['PYEM_PATH'] };
} else {
  const channel = new BroadcastChannel(location.pathname.replace(/\/[^/]*$/, ''));
  console.log = (...values) => channel.postMessage(values.join(' '));
}
