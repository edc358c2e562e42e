// What a call leaves behind, and what the next one finds: for every engine, so without Node's modules.

/** @typedef {import('../../../npm/pool/index.mjs').Pool} Pool */

/** Numbers from a seed: xorshift. @param {number} seed */
export function randomNumbers(seed) {
  let state = seed || 1;
  return (/** @type {number} */ below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/**
 * Runs each action by itself, then several at random in one call. After each, a call finds what the first one found,
 * and all of memory is as it was recorded.
 *
 * @param {Pool} pool that verifies, of one worker
 * @param {string} leave leave_behind.py and end_badly.py
 * @param {string} find found.py
 * @param {number} seed
 * @param {number} calls at random
 * @param {number} [share] one action in so many, where engines are slow
 */
export async function leftBehind(pool, leave, find, seed, calls, share = 1) {
  const draw = randomNumbers(seed);
  const actions = [...leave.matchAll(/^@action\ndef (\w+)/gm)].map(([, action = '']) => action);
  const alone = actions.filter((_, index) => index % share === seed % share);
  const found = async (/** @type {string} */ when) => {
    const { error, value, stdout, stderr } = await pool.run(find);
    const text = JSON.stringify(value);
    if (error || stdout !== '!\nfound\n' || stderr !== '!\nfound\n')
      throw new Error(`${when}: ${stdout}${stderr}${error?.traceback ?? error?.message}`);
    return text;
  };
  const fresh = await found('at first');
  /** @type {Record<string, number>} */
  const codes = {};
  for (let call = 0; call < alone.length + calls; call++) {
    const several = Array.from({ length: 1 + draw(4) }, () => actions[draw(actions.length)]);
    const chosen = call < alone.length ? [alone[call]] : several;
    const steps = chosen.map((action) => `try: ACTIONS['${action}']()\nexcept Exception as error: caught = error\n`);
    const { error } = await pool.run(`${leave}\n${steps.join('')}`);
    const code = error?.code ?? 'value';
    codes[code] = (codes[code] ?? 0) + 1;
    const when = `seed ${seed}, call ${call}, after ${chosen.join(', ')}`;
    const now = await found(when);
    if (now !== fresh) throw new Error(`${when}: ${difference(fresh, now)}`);
    const { differing } = pool.statistics;
    if (differing > 0) throw new Error(`${when}: ${differing} words of memory are not as they were recorded`);
  }
  return { codes, actions: alone.length, ...pool.statistics };
}

/** @param {string} before @param {string} after */
function difference(before, after) {
  let at = 0;
  while (before[at] === after[at]) at++;
  return `${before.slice(at - 60, at + 60)}\nbecame ${after.slice(at - 60, at + 60)}`;
}
