// node navigators.mjs FOLDER: the path that hook_host.c takes in what looks like each of these browsers to the
// hook, in a page and in a worker. Prints JSON: [name, place, path].

import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder = ''] = process.argv.slice(2);
const { default: create } = await import(pathToFileURL(path.join(folder, 'host.mjs')).href);

const WEBKIT = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const MAC = 'Macintosh; Intel Mac OS X 10_15_7';
/** @param {string} device @param {string} end */
const webkit = (device, end) => `Mozilla/5.0 (${device}) ${WEBKIT} ${end}`;
/** @param {string} system */
const iphone = (system) => `iPhone; CPU iPhone OS ${system} like Mac OS X`;
/** @param {string} system */
const ipad = (system) => `iPad; CPU OS ${system} like Mac OS X`;

/**
 * By name: the user agent, the platform, and how many fingers a page sees. Workers have no `maxTouchPoints`.
 *
 * @type {Record<string, [string, string, number]>}
 */
const NAVIGATORS = {
  'iPhone 18.3.1': [webkit(iphone('18_3_1'), 'Version/18.3.1 Mobile/15E148 Safari/604.1'), 'iPhone', 5],
  'iPhone 18.5': [webkit(iphone('18_5'), 'Version/18.5 Mobile/15E148 Safari/604.1'), 'iPhone', 5],
  // From 26 on the system's version in it is frozen.
  'iPhone 26.0': [webkit(iphone('18_6'), 'Version/26.0 Mobile/15E148 Safari/604.1'), 'iPhone', 5],
  'iPhone 27.0': [webkit(iphone('18_7'), 'Version/27.0 Mobile/15E148 Safari/604.1'), 'iPhone', 5],
  'iPod 18.5': [webkit('iPod touch; CPU iPhone OS 18_5 like Mac OS X', 'Version/18.5 Safari/604.1'), 'iPod', 5],
  'iPad 18.5, mobile': [webkit(ipad('18_5'), 'Version/18.5 Mobile/15E148 Safari/604.1'), 'iPad', 5],
  'iPad 26.0, mobile': [webkit(ipad('18_6'), 'Version/26.0 Mobile/15E148 Safari/604.1'), 'iPad', 5],
  'iPad 18.5, desktop': [webkit(MAC, 'Version/18.5 Safari/605.1.15'), 'MacIntel', 5],
  'iPad 26.0, desktop': [webkit(MAC, 'Version/26.0 Safari/605.1.15'), 'MacIntel', 5],
  'Mac 18.5': [webkit(MAC, 'Version/18.5 Safari/605.1.15'), 'MacIntel', 0],
  'Mac 26.0': [webkit(MAC, 'Version/26.0 Safari/605.1.15'), 'MacIntel', 0],
  'Chrome on iOS 18.5': [webkit(iphone('18_5'), 'CriOS/138.0.7204.119 Mobile/15E148 Safari/604.1'), 'iPhone', 5],
  'Chrome on iOS 26.1': [webkit(iphone('26_1'), 'CriOS/142.0.7444.46 Mobile/15E148 Safari/604.1'), 'iPhone', 5],
  'Firefox on iOS 18.5': [webkit(iphone('18_5'), 'FxiOS/140.0 Mobile/15E148 Safari/605.1.15'), 'iPhone', 5],
  'Firefox on iOS 26.1': [webkit(iphone('26_1'), 'FxiOS/145.0 Mobile/15E148 Safari/605.1.15'), 'iPhone', 5],
  'web view of iOS 18.5': [webkit(iphone('18_5'), 'Mobile/15E148'), 'iPhone', 5],
  'web view with a name of its own': ['Shop/7.1', 'iPhone', 5],
  'web view of a Mac': [`Mozilla/5.0 (${MAC}) ${WEBKIT}`, 'MacIntel', 0],
  'Chrome on a Mac': [
    `Mozilla/5.0 (${MAC}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36`,
    'MacIntel',
    0,
  ],
  'Firefox on a Mac': [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:153.0) Gecko/20100101 Firefox/153.0',
    'MacIntel',
    0,
  ],
  'Chrome on Windows with a touch screen': [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
    'Win32',
    10,
  ],
  'Firefox on Linux': ['Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0', 'Linux x86_64', 0],
  'WebKitGTK 18.5': [webkit('X11; Linux x86_64', 'Version/18.5 Safari/605.1.15'), 'Linux x86_64', 0],
  'Node on a Mac': ['Node.js/24', 'MacIntel', 0],
};

/** @param {unknown} navigator */
async function pathIn(navigator) {
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  return (await create())['pyemTrampoline']['path'];
}

const found = [['none', 'page', await pathIn(undefined)]];
for (const [name, [userAgent, platform, maxTouchPoints]] of Object.entries(NAVIGATORS)) {
  found.push([name, 'page', await pathIn({ userAgent, platform, maxTouchPoints })]);
  found.push([name, 'worker', await pathIn({ userAgent, platform })]);
}
process.stdout.write(JSON.stringify(found));
