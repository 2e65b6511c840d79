import { element, setText } from './element.ts';

/** One line of a legend. */
export interface LegendItem {
  readonly label: string;
  readonly meaning?: string;
  /** Draws what the plot shows it as; sizes in canvas px. */
  paint(context: CanvasRenderingContext2D, width: number, height: number): void;
}

/** What stands below a plot: what is drawn how, with its figures in words of their own. */
export interface Legend {
  readonly element: HTMLElement;
  /** In the order of the items: the value at the moment pointed at, or now; and one since the start, if there is one. */
  show(values: readonly string[], totals?: readonly string[]): void;
  repaint(): void;
}

/** CSS px. */
const WIDTH = 16;
const HEIGHT = 10;

/** `caption`: what the figures are. */
export function createLegend(caption: string, items: readonly LegendItem[]): Legend {
  const rows = items.map((item) => {
    const marker = element('canvas', { class: 'marker', 'aria-hidden': 'true' });
    const value = element('dd', { class: 'value' });
    const total = element('dd', { class: 'total' });
    const row = element(
      'div',
      { title: item.meaning },
      element('dt', {}, marker, element('span', {}, item.label)),
      value,
      total,
    );
    return { item, marker, value, total, row };
  });
  const list = element('dl', { class: 'legend', 'aria-label': caption }, ...rows.map(({ row }) => row));

  const legend: Legend = {
    element: list,
    show(values, totals) {
      rows.forEach(({ value, total }, i) => {
        setText(value, values[i] ?? '');
        setText(total, totals?.[i] ?? '');
      });
    },
    repaint() {
      for (const { item, marker } of rows) {
        const width = Math.round(WIDTH * devicePixelRatio);
        const height = Math.round(HEIGHT * devicePixelRatio);
        marker.width = width;
        marker.height = height;
        const context = marker.getContext('2d');
        if (context !== null) item.paint(context, width, height);
      }
    },
  };
  legend.repaint();
  return legend;
}
