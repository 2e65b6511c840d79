import type { Colours } from './colours.ts';
import { bytes, count, perSecond } from './figures.ts';
import { createPlot } from './plot.ts';
import { fromZero } from './plot-range.ts';
import type { PlotView } from './plots.ts';
import { strokePainter } from './strokes.ts';

/** Bytes: powers of two, so that ticks are round. */
const STEPS = Array.from({ length: 50 }, (_, power) => 2 ** power);

/** What memory holds against its limit, and what it evicts to stay below. */
export function memoryPlot(colours: Colours, onPoint: (index: number | undefined) => void): PlotView {
  const curves = [
    {
      label: 'held',
      stroke: 'outcome-hit',
      fill: () => colours.of('wash'),
      paint: strokePainter(colours, 'outcome-hit'),
    },
    { label: 'limit', stroke: 'bad', dash: [6, 4], paint: strokePainter(colours, 'bad', [6, 4]) },
    {
      label: 'evictions (right)',
      stroke: 'outcome-expired',
      right: true,
      paint: strokePainter(colours, 'outcome-expired'),
    },
  ];
  const axis = { tick: (value: number) => bytes(value), range: fromZero(1024), steps: STEPS };
  const rightAxis = { tick: (value: number) => `${count(value)} /s`, range: fromZero(10) };
  const heading = 'Memory tier';
  const plot = createPlot({ id: 'memory', heading, curves, axis, rightAxis, colours, onPoint });

  return {
    element: plot.element,
    draw(moments, times, from, to) {
      plot.draw(
        times,
        [
          moments.map(({ memory }) => memory),
          moments.map(({ memoryLimit }) => memoryLimit),
          moments.map(({ evictions }) => evictions),
        ],
        from,
        to,
      );
    },
    tell(moment, stats) {
      const values = [bytes(moment?.memory), bytes(moment?.memoryLimit), perSecond(moment?.evictions)];
      plot.legend.show(values, ['', '', `${count(stats?.memory?.evictions)} since start`]);
      plot.describe(`Memory tier. Held ${values[0]} of ${values[1]}, evictions ${values[2]}`);
    },
  };
}
