import type { Colours } from './colours.ts';
import { element } from './element.ts';
import { createLegend, type LegendItem } from './legend.ts';
import uPlot from './uPlot.esm.js';

/** One column of figures as it is drawn. */
export interface Curve extends LegendItem {
  /** Name of a colour; undefined: no line. */
  readonly stroke?: string;
  fill?(): CanvasPattern | string;
  readonly dash?: readonly number[];
  /** Of the second axis, at the right. */
  readonly right?: boolean;
}

export interface PlotOptions {
  readonly id: string;
  readonly heading: string;
  readonly curves: readonly Curve[];
  /** In the order of reading; undefined: the curves, in the order in which they are drawn. */
  readonly legend?: readonly LegendItem[];
  readonly axis: Axis;
  readonly rightAxis?: Axis;
  readonly colours: Colours;
  /** Which moment is pointed at, undefined: none. */
  onPoint(index: number | undefined): void;
}

export interface Axis {
  /** How a tick is labelled. */
  tick(value: number): string;
  /** The ends of the axis for figures between these; null where there are none. */
  range(low: number | null, high: number | null): [number, number];
  readonly logarithmic?: boolean;
  /** How far ticks may be apart; undefined: 1, 2 and 5 times a power of ten. */
  readonly steps?: readonly number[];
}

export interface Plot {
  readonly element: HTMLElement;
  /** Times in s, oldest first, and as many figures of each curve; from when to when, s. */
  draw(
    times: readonly number[],
    columns: readonly (readonly (number | null)[])[],
    from: number,
    to: number,
  ): void;
  readonly legend: { show(values: readonly string[], totals?: readonly string[]): void };
  /** What a screen reader says in place of the drawing. */
  describe(text: string): void;
}

/** CSS px; fixed, so that nothing below moves. */
const HEIGHT = 190;
const FONT = '11px system-ui, sans-serif';

/** All plots show the same moments, and what is pointed at in one is in all. */
const TOGETHER = 'moments';

export function createPlot(options: PlotOptions): Plot {
  const { id, heading, curves, legend: items = curves, colours } = options;
  const canvas = element('div', { class: 'canvas', role: 'img', 'aria-label': heading });
  const legend = createLegend(heading, items);
  const figure = element(
    'figure',
    { class: 'card plot', id: `plot-${id}` },
    element('figcaption', {}, element('h3', {}, heading)),
    canvas,
    legend.element,
  );
  let shown = { from: 0, to: 1 };
  let plot: uPlot | undefined;

  const width = () => Math.floor(canvas.clientWidth);
  const open = (data: uPlot.AlignedData) => {
    plot = new uPlot(
      optionsOf(options, width(), () => [shown.from, shown.to]),
      data,
      canvas,
    );
  };
  new ResizeObserver(() => {
    if (plot !== undefined && width() > 0) plot.setSize({ width: width(), height: HEIGHT });
  }).observe(canvas);
  colours.onChange(() => {
    legend.repaint();
    plot?.redraw(false, true);
  });

  return {
    element: figure,
    legend,
    draw(times, columns, from, to) {
      shown = { from, to };
      // uPlot reads them only.
      const data = [times, ...columns] as unknown as uPlot.AlignedData;
      if (plot !== undefined) plot.setData(data);
      else if (width() > 0) open(data);
    },
    describe: (text) => canvas.setAttribute('aria-label', text),
  };
}

function optionsOf(
  { curves, axis, rightAxis, colours, onPoint }: PlotOptions,
  width: number,
  times: () => [number, number],
): uPlot.Options {
  const scaleOf = ({ range, logarithmic }: Axis): uPlot.Scale => ({
    distr: logarithmic === true ? 3 : 1,
    range: (_plot, low, high) => range(low, high),
  });
  const ink = { font: FONT, stroke: () => colours.of('muted') };
  const lines = { stroke: () => colours.of('grid'), width: 1 };
  const axisOf = ({ tick, logarithmic, steps }: Axis): uPlot.Axis => ({
    ...ink,
    size: 58,
    gap: 4,
    space: 28,
    values: (_plot, ticks) => ticks.map((value) => (value === null ? null : tick(value))),
    ...(steps === undefined ? {} : { incrs: [...steps] }),
    ...(logarithmic === true ? { filter: onlyPowers } : {}),
  });
  return {
    width,
    height: HEIGHT,
    padding: [8, rightAxis === undefined ? 8 : 0, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      sync: { key: TOGETHER, setSeries: false },
      points: { size: 6 },
    },
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? undefined)] },
    scales: {
      x: { time: true, range: times },
      y: scaleOf(axis),
      ...(rightAxis === undefined ? {} : { right: scaleOf(rightAxis) }),
    },
    axes: [
      {
        ...ink,
        size: 26,
        gap: 4,
        space: 64,
        grid: { show: false },
        ticks: { ...lines, size: 4 },
        values: (_plot, ticks, _axis, _space, step) => ticks.map((at) => timeLabel(at, step)),
      },
      {
        ...axisOf(axis),
        grid: axis.logarithmic === true ? { ...lines, filter: onlyPowers } : lines,
        ticks: { show: false },
      },
      ...(rightAxis === undefined
        ? []
        : [
            {
              ...axisOf(rightAxis),
              scale: 'right',
              side: 1 as const,
              grid: { show: false },
              ticks: { show: false },
            },
          ]),
    ],
    series: [
      {},
      ...curves.map((curve): uPlot.Series => {
        const { stroke, fill, dash, right } = curve;
        return {
          label: curve.label,
          scale: right === true ? 'right' : 'y',
          ...(stroke === undefined
            ? { width: 0 }
            : { stroke: () => colours.of(stroke), width: stroke === 'surface' ? 0.75 : 1.5 }),
          ...(fill === undefined ? {} : { fill: () => fill() as CanvasRenderingContext2D['fillStyle'] }),
          ...(dash === undefined ? {} : { dash: [...dash] }),
          points: { show: false },
        };
      }),
    ],
  };
}

const onlyPowers: uPlot.Axis.Filter = (_plot, ticks) => ticks.map(powerOfTen);

function powerOfTen(value: number): number | null {
  return Number.isInteger(Math.round(Math.log10(value) * 1e6) / 1e6) ? value : null;
}

/** Of s since the epoch, `step` s apart. */
function timeLabel(at: number, step: number): string {
  const time = new Date(at * 1000).toLocaleTimeString('en-GB');
  return step < 60 ? time : time.slice(0, 5);
}
