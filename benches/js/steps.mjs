// The steps of a Node process. `performance.mark` is not used: Node loads a module for it, which would be measured, too.

/** @type {[step: string, end: bigint][]} */
const ends = [];

/** @param {string} step that has ended */
export function ended(step) {
  ends.push([step, process.hrtime.bigint()]);
}

/** The steps as JSON: name, and end in milliseconds of the epoch. The first is Node's own start. */
export function steps() {
  // The types are those of browsers.
  const { timeOrigin, nodeTiming } = /** @type {any} */ (performance);
  const epoch = timeOrigin + performance.now() - Number(process.hrtime.bigint()) / 1e6;
  const all = ends.map(([step, end]) => [step, epoch + Number(end) / 1e6]);
  return JSON.stringify([['Node', timeOrigin + nodeTiming.bootstrapComplete], ...all]);
}
