// --pre-js of link_host.c: the path comes from the environment.
if (typeof process === 'object' && process.env['PYEM_PATH']) {
  Module['pyemTrampolineOptions'] = { 'path': process.env['PYEM_PATH'] };
}
