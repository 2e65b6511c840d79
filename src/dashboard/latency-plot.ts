import type { Colours } from './colours.ts';
import { milliseconds } from './figures.ts';
import type { Moment } from './history.ts';
import { createPlot } from './plot.ts';
import { powersOfTen } from './plot-range.ts';
import type { PlotView } from './plots.ts';
import { strokePainter } from './strokes.ts';

const CURVES: readonly {
  readonly label: string;
  readonly stroke: string;
  readonly dash?: readonly number[];
  readonly of: (moment: Moment) => number | null;
}[] = [
  { label: 'hits p50', stroke: 'outcome-hit', of: ({ hitP50 }) => hitP50 },
  { label: 'hits p99', stroke: 'outcome-hit', dash: [5, 3], of: ({ hitP99 }) => hitP99 },
  { label: 'forwarded p50', stroke: 'outcome-expired', of: ({ forwardedP50 }) => forwardedP50 },
  { label: 'forwarded p99', stroke: 'outcome-expired', dash: [5, 3], of: ({ forwardedP99 }) => forwardedP99 },
];

/** Response times of hits and of what went to the upstream, which lie powers of ten apart. */
export function latencyPlot(colours: Colours, onPoint: (index: number | undefined) => void): PlotView {
  const curves = CURVES.map(({ label, stroke, dash }) => ({
    label,
    stroke,
    ...(dash === undefined ? {} : { dash }),
    paint: strokePainter(colours, stroke, dash),
  }));
  const axis = { tick: tickOf, range: powersOfTen(0.1, 100), logarithmic: true };
  const heading = 'Response times (logarithmic)';
  const plot = createPlot({ id: 'latency', heading, curves, axis, colours, onPoint });

  return {
    element: plot.element,
    draw(moments, times, from, to) {
      plot.draw(
        times,
        CURVES.map(({ of }) => moments.map(of)),
        from,
        to,
      );
    },
    tell(moment, stats) {
      const values = CURVES.map(({ of }) => milliseconds(moment === undefined ? null : of(moment)));
      const { hits, forwarded } = stats?.responseTime ?? {};
      const totals = [hits?.p50, hits?.p99, forwarded?.p50, forwarded?.p99];
      plot.legend.show(
        values,
        totals.map((total) => milliseconds(total)),
      );
      plot.describe(`Response times. ${CURVES.map(({ label }, i) => `${label} ${values[i]}`).join(', ')}`);
    },
  };
}

function tickOf(ms: number): string {
  return ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`;
}
