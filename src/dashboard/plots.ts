import type { AdminStats } from '../admin/ports.ts';
import type { Colours } from './colours.ts';
import { byId, setText } from './element.ts';
import { clockTime } from './figures.ts';
import type { History, Moment } from './history.ts';
import { latencyPlot } from './latency-plot.ts';
import { memoryPlot } from './memory-plot.ts';
import { ratioPlot } from './ratio-plot.ts';
import { trafficPlot } from './traffic-plot.ts';

/** One plot with its legend. */
export interface PlotView {
  readonly element: HTMLElement;
  /** `times`: of the moments, s; `from`, `to`: what is shown, s. */
  draw(moments: readonly Moment[], times: readonly number[], from: number, to: number): void;
  /** The moment that the legend speaks of, and what was counted since the start. */
  tell(moment: Moment | undefined, stats: AdminStats | undefined): void;
}

export interface Plots {
  /** `now` in ms since the epoch. */
  show(now: number, stats: AdminStats): void;
}

/** All plots over the same stretch of time, which the reader chooses. */
export function createPlots(history: History, colours: Colours): Plots {
  let pointed: number | undefined;
  let now = Date.now();
  let stats: AdminStats | undefined;
  const point = (index: number | undefined) => {
    if (index === pointed) return;
    pointed = index;
    tell();
  };
  const views = [trafficPlot, ratioPlot, latencyPlot, memoryPlot].map((create) => create(colours, point));
  byId('plots').append(...views.map((view) => view.element));
  const moment = byId('moment');
  const ranges = byId('ranges');

  const range = () => Number(ranges.querySelector<HTMLInputElement>('input:checked')?.value);
  const tell = () => {
    const at = pointed === undefined ? history.moments.at(-1) : history.moments[pointed];
    setText(moment, pointed === undefined || at === undefined ? 'Now' : `At ${clockTime(at.at * 1000, now)}`);
    for (const view of views) view.tell(at, stats);
  };
  const draw = () => {
    const times = history.moments.map(({ at }) => at);
    for (const view of views) view.draw(history.moments, times, (now - range()) / 1000, now / 1000);
  };
  ranges.addEventListener('change', draw);
  tell();

  return {
    show(at, figures) {
      now = at;
      stats = figures;
      draw();
      tell();
    },
  };
}
