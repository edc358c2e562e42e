// The page's side of a worker with a stock Pyodide in it, which is downloaded when it is opened.

import { Remote } from './calls.mjs';

/** Reports how much of it has come, and what it does. */
export class Pyodide extends Remote {
  /**
   * @param {string} script
   * @param {string} version of the page's files
   * @param {(share: number) => void} onProgress
   * @param {(step: string) => void} [onStep]
   */
  constructor(script, version, onProgress, onStep = () => {}) {
    super(script, version);
    this.onProgress = onProgress;
    this.onStep = onStep;
  }

  /** @override @param {any} message */
  receive(message) {
    if ('progress' in message) this.onProgress(message.progress);
    else if ('step' in message) this.onStep(message.step);
    else super.receive(message);
  }
}
