// node --import no-network.mjs …: every connection and every name that is looked up is an error.

import dns from 'node:dns';
import net from 'node:net';

/** @returns {never} */
function refuse() {
  throw new Error('the network was asked for');
}

net.Socket.prototype.connect = refuse;
Object.assign(dns, { lookup: refuse, resolve: refuse });
Object.assign(dns.promises, { lookup: refuse, resolve: refuse });
globalThis.fetch = refuse;
