import type { OutcomeWord } from '../observe/outcome-word.ts';
import type { Colours } from './colours.ts';
import { count, rate } from './figures.ts';
import type { Moment } from './history.ts';
import { OUTCOME_STYLES, type OutcomeStyle, outcomeFill } from './outcome-style.ts';
import { createPlot } from './plot.ts';
import { fromZero } from './plot-range.ts';
import type { PlotView } from './plots.ts';

/** Requests a second by outcome, one upon the other. */
export function trafficPlot(colours: Colours, onPoint: (index: number | undefined) => void): PlotView {
  const fills = new Map<OutcomeWord, CanvasPattern | string>();
  colours.onChange(() => fills.clear());
  const fillOf = (style: OutcomeStyle) => {
    const fill = fills.get(style.word) ?? outcomeFill(style, colours);
    fills.set(style.word, fill);
    return fill;
  };
  // Whole stacks are drawn, the highest first: each hides what of the one before is below it.
  const curves = OUTCOME_STYLES.toReversed().map((style) => ({
    label: style.word,
    meaning: style.meaning,
    stroke: 'surface',
    fill: () => fillOf(style),
    paint(context: CanvasRenderingContext2D, width: number, height: number) {
      context.fillStyle = fillOf(style);
      context.fillRect(0, 0, width, height);
    },
  }));
  const axis = { tick: (value: number) => count(value), range: fromZero(1) };
  const plot = createPlot({
    id: 'traffic',
    heading: 'Requests per second by outcome',
    curves,
    legend: curves.toReversed(),
    axis,
    colours,
    onPoint,
  });
  const words = OUTCOME_STYLES.map(({ word }) => word);

  return {
    element: plot.element,
    draw(moments, times, from, to) {
      plot.draw(times, stacked(moments), from, to);
    },
    tell(moment, stats) {
      plot.legend.show(
        words.map((word) => rate(moment?.outcomes?.[word])),
        words.map((word) => count(stats?.outcomes[word])),
      );
      const told = words.map((word) => `${word} ${rate(moment?.outcomes?.[word])}`);
      plot.describe(`Requests per second by outcome, stacked. Last: ${told.join(', ')}`);
    },
  };
}

/** For each outcome, from the highest of the stack down: its rate and those below it. */
function stacked(moments: readonly Moment[]): (number | null)[][] {
  const columns: (number | null)[][] = OUTCOME_STYLES.map(() => []);
  for (const { outcomes } of moments) {
    let sum = 0;
    OUTCOME_STYLES.forEach(({ word }, i) => {
      if (outcomes !== null) sum += outcomes[word];
      columns[columns.length - 1 - i]?.push(outcomes === null ? null : sum);
    });
  }
  return columns;
}
