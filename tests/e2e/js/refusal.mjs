// What snapshots refuse.

import { SnapshotError } from '../../../npm/snapshot/index.mjs';

/** The code of the refusal, or `none`. @param {() => void} attempt */
export function refusal(attempt) {
  try {
    attempt();
    return 'none';
  } catch (error) {
    if (error instanceof SnapshotError) return error.code;
    throw error;
  }
}
