// The page's side of a worker with a stock Pyodide in it, which is downloaded when it is opened.

import { Remote } from './calls.mjs';

/** Reports how much of it has come. */
export class Pyodide extends Remote {
  /** @param {string} script @param {string} version of the page's files @param {(share: number) => void} onProgress */
  constructor(script, version, onProgress) {
    super(script, version);
    this.onProgress = onProgress;
  }

  /** @override @param {any} message */
  receive(message) {
    if ('progress' in message) this.onProgress(message.progress);
    else super.receive(message);
  }
}
