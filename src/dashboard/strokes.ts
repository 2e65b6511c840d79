import type { Colours } from './colours.ts';

/** Draws a piece of line, as legends show a curve. */
export function strokePainter(
  colours: Colours,
  name: string,
  dash: readonly number[] = [],
): (context: CanvasRenderingContext2D, width: number, height: number) => void {
  return (context, width, height) => {
    context.clearRect(0, 0, width, height);
    context.strokeStyle = colours.of(name);
    context.lineWidth = 2 * devicePixelRatio;
    context.setLineDash(dash.map((length) => (length * devicePixelRatio) / 1.5));
    context.beginPath();
    context.moveTo(0, height / 2);
    context.lineTo(width, height / 2);
    context.stroke();
  };
}
