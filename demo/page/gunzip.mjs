// What the worker takes of fflate, built into gunzip.js.

export { gunzipSync } from 'fflate';
