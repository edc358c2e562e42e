// Bars with their spread.

import * as Plot from '@observablehq/plot';
import { element } from './page.mjs';

const NAMES_WIDTH = 150;
/** Beside the longest bar: its label. */
const LABEL_WIDTH = 55;
const MOST_WIDTH = 640;

/**
 * @param {string} id
 * @param {string} unit
 * @param {{ name: string, median: number, low: number, high: number }[]} rows
 */
export function drawBars(id, unit, rows) {
  const place = element(id);
  const chart = Plot.plot({
    marginLeft: NAMES_WIDTH,
    marginRight: LABEL_WIDTH,
    width: Math.min(MOST_WIDTH, place.clientWidth),
    marginBottom: 52,
    height: 72 + rows.length * 36,
    x: { label: unit, grid: true, zero: true },
    y: { label: null, domain: rows.map((row) => row.name) },
    style: { background: 'none', fontSize: '13px' },
    ariaLabel: `${unit} by kind; the table below has the numbers`,
    marks: [
      Plot.barX(rows, { x: 'median', y: 'name', fill: 'var(--accent)', insetTop: 4, insetBottom: 4 }),
      Plot.ruleY(rows, { x1: 'low', x2: 'high', y: 'name', stroke: 'currentColor' }),
      Plot.text(rows, {
        x: 'high',
        y: 'name',
        text: (row) => row.median.toFixed(row.median < 100 ? 2 : 0),
        textAnchor: 'start',
        dx: 4,
        fill: 'currentColor',
      }),
      Plot.ruleX([0]),
    ],
  });
  place.replaceChildren(chart);
}
