// --pre-js of threads.c, behind link-options.js: counts how often C of this thread asks JavaScript for a signature.
const resolveInJavaScript = pyem_resolve_js;
Module['askedJavaScript'] = 0;
pyem_resolve_js = (slot, address) => {
  Module['askedJavaScript']++;
  return resolveInJavaScript(slot, address);
};
