// node charts.mjs FOLDER < CHARTS: draws each chart of xtask/src/bench/chart.rs as FOLDER/NAME.svg, and
// FOLDER/index.html with all of them.

import fs from 'node:fs';
import path from 'node:path';
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/**
 * @typedef {{ group: string, name: string, value: number, low: number, high: number }} Bar
 * @typedef {{ file: string, title: string, unit: string, bars: Bar[] }} Chart
 */

const ROW = 16;
const { document } = parseHTML('<!doctype html><html><body></body></html>');

/** @param {Chart} chart */
function draw({ title, unit, bars }) {
  const names = [...new Set(bars.map((bar) => bar.name))];
  const groups = [...new Set(bars.map((bar) => bar.group))];
  const most = Math.max(...bars.map((bar) => Math.max(bar.value, bar.high)));
  const logarithmic = most > 5;
  const start = logarithmic ? Math.min(1, ...bars.map((bar) => Math.min(bar.value, bar.low))) : 0;
  const svg = Plot.plot({
    document,
    marginLeft: 140,
    marginRight: 140,
    marginTop: 30,
    width: 820,
    height: 60 + groups.length * (names.length + 1) * ROW,
    // With room for the last number.
    x: { label: unit, grid: true, type: logarithmic ? 'log' : 'linear', domain: [start, most * 1.25] },
    y: { label: null, domain: names },
    fy: { label: null, domain: groups, padding: 0.15 },
    color: { domain: names, scheme: 'tableau10' },
    // A picture in a page knows nothing of the page's colours.
    style: { background: 'white', color: 'black', fontSize: '12px', fontFamily: 'sans-serif' },
    ariaLabel: title,
    marks: [
      Plot.barX(bars, { x1: start, x2: 'value', y: 'name', fy: 'group', fill: 'name', inset: 1 }),
      Plot.ruleY(bars, { x1: 'low', x2: 'high', y: 'name', fy: 'group', stroke: 'black' }),
      Plot.text(bars, {
        x: (bar) => Math.max(bar.value, bar.high),
        y: 'name',
        fy: 'group',
        text: (bar) => bar.value.toFixed(bar.value < 10 ? 2 : 1),
        textAnchor: 'start',
        dx: 4,
      }),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return svg.outerHTML;
}

const folder = process.argv[2] ?? '';
/** @type {Chart[]} */
const charts = JSON.parse(fs.readFileSync(0, 'utf8'));
const drawn = charts.map((chart) => ({ ...chart, svg: draw(chart) }));
for (const { file, svg } of drawn) fs.writeFileSync(path.join(folder, `${file}.svg`), `${svg}\n`);
const figures = drawn.map(({ title, svg }) => `<figure><figcaption>${title}</figcaption>${svg}</figure>`);
fs.writeFileSync(
  path.join(folder, 'index.html'),
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>pyem-trampoline: measurements</title>
<style>body{background:white;color:black;font:1rem/1.5 sans-serif;margin:1rem auto;max-width:60rem}svg{max-width:100%}</style>
<h1>pyem-trampoline: measurements</h1><p>From the records in benches/record; benches/README.md says how they were made.</p>
${figures.join('\n')}</html>
`,
);
