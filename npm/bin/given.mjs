// Wheels and folders that the command line names, read. Licence: MIT OR Apache-2.0.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve, sep } from 'node:path';

/** @typedef {import('../audit/packages.mjs').Given} Given */

/** Folders that hold nothing of a package. */
const PASSED_OVER = /^(\..*|__pycache__|node_modules)$/;

/**
 * What a path names: a wheel, all wheels of a folder, or an unpacked package.
 *
 * @param {string} path
 * @returns {Given[]}
 */
export function readGiven(path) {
  if (!existsSync(path)) throw new Error('there is no such file or folder');
  if (!statSync(path).isDirectory()) {
    if (/\.(tar\.\w+|tgz|zip)$/.test(path)) throw new Error('it is no wheel: build one of these sources first');
    if (!path.endsWith('.whl')) throw new Error('it is no wheel: its name does not end in .whl');
    return [wheel(path)];
  }
  const names = readdirSync(path).sort();
  const wheels = names.filter((name) => name.endsWith('.whl'));
  if (wheels.length > 0) return wheels.map((name) => wheel(join(path, name)));
  const files = filesBelow(path);
  if (!Object.keys(files).some((name) => name.endsWith('.so'))) {
    throw new Error(
      `the folder has neither wheels (.whl) nor extension modules (.so)${names.length ? '' : ': it is empty'}`,
    );
  }
  const name = basename(resolve(path));
  // The folder of a package itself, which is imported by the folder's name.
  const isPackage = names.some((each) => /^__init__\.(py|.*so)$/.test(each));
  const placed = Object.entries(files).map(([file, bytes]) => [isPackage ? `${name}/${file}` : file, bytes]);
  return [{ 'name': name, 'files': Object.fromEntries(placed) }];
}

/** @param {string} path @returns {Given} */
function wheel(path) {
  return { 'name': basename(path), 'wheel': new Uint8Array(readFileSync(path)) };
}

/** @param {string} folder @returns {Record<string, Uint8Array>} */
function filesBelow(folder) {
  const names = readdirSync(folder, { 'recursive': true, 'encoding': 'utf8' }).sort();
  const kept = names.filter((name) => !name.split(sep).some((part) => PASSED_OVER.test(part)));
  const files = kept.filter((name) => statSync(join(folder, name), { 'throwIfNoEntry': false })?.isFile());
  return Object.fromEntries(
    files.map((name) => [name.split(sep).join('/'), new Uint8Array(readFileSync(join(folder, name)))]),
  );
}
