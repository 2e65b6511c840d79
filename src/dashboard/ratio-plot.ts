import type { Colours } from './colours.ts';
import { percent } from './figures.ts';
import type { Moment } from './history.ts';
import { createPlot } from './plot.ts';
import type { PlotView } from './plots.ts';
import { strokePainter } from './strokes.ts';

/** Moments that the smooth curve is over, about seconds. */
const SMOOTH = 10;

/** The share of hits among what was looked up: second by second, and over ten seconds. */
export function ratioPlot(colours: Colours, onPoint: (index: number | undefined) => void): PlotView {
  const curves = [
    { label: 'over 10 s', stroke: 'outcome-hit', paint: strokePainter(colours, 'outcome-hit') },
    {
      label: 'each second',
      stroke: 'outcome-collapsed',
      dash: [2, 3],
      paint: strokePainter(colours, 'outcome-collapsed', [2, 3]),
    },
  ];
  const axis = {
    tick: (value: number) => `${Math.round(value * 100)} %`,
    range: (): [number, number] => [0, 1.02],
  };
  const plot = createPlot({ id: 'ratio', heading: 'Hit ratio', curves, axis, colours, onPoint });
  let smooth: (number | null)[] = [];
  let shown: readonly Moment[] = [];

  return {
    element: plot.element,
    draw(moments, times, from, to) {
      shown = moments;
      smooth = moments.map((_, i) => ratioOf(moments.slice(Math.max(0, i + 1 - SMOOTH), i + 1)));
      plot.draw(times, [smooth, moments.map((moment) => ratioOf([moment]))], from, to);
    },
    tell(moment, stats) {
      const at = moment === undefined ? -1 : shown.indexOf(moment);
      const values = [percent(smooth[at]), percent(moment === undefined ? null : ratioOf([moment]))];
      plot.legend.show(values, [`${percent(stats?.hitRate)} since start`]);
      plot.describe(`Hit ratio, from 0 to 100 per cent. Over the last 10 seconds: ${values[0]}`);
    },
  };
}

/** Hits among hits and misses of these moments, 0–1; null where there was neither. */
export function ratioOf(moments: readonly Moment[]): number | null {
  let hits = 0;
  let misses = 0;
  for (const moment of moments) {
    hits += moment.hits;
    misses += moment.misses;
  }
  return hits + misses === 0 ? null : hits / (hits + misses);
}
