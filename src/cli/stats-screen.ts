import { createLogUpdate } from 'log-update';
import type { LiveEvent, LiveWindow } from '../admin/live-event.ts';
import { formatSpan } from './amounts.ts';
import { flow } from './flow.ts';
import { type Line, paint } from './paint.ts';
import { routeTable } from './stats-routes.ts';
import { statsLines } from './stats-view.ts';
import type { View } from './stats-watch.ts';
import { isColored, type Terminal } from './terminal.ts';
import { visibleText } from './visible-text.ts';

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
/** Windows remembered. */
const PAST = 60;
/** What ends it in raw mode, where Ctrl-C makes no signal: it, Ctrl-D, and Escape alone. */
const ENDS = new Set(['q', 'Q', '\u0003', '\u0004', '\u001b']);

/** Whether a screen can be drawn on again. */
export function isInteractive({ stdout, env }: Terminal): boolean {
  return stdout.isTTY === true && env['TERM'] !== 'dumb';
}

/** A live view of the whole terminal's width and at most its height, drawn in place. `interval` in ms. */
export function createScreen(url: URL, interval: number, terminal: Terminal, quit: () => void): View {
  const { stdin, stdout } = terminal;
  const update = createLogUpdate(stdout, { showCursor: true });
  let last: LiveEvent | undefined;
  let trouble: string | undefined;
  const past: LiveWindow[] = [];
  const draw = () => {
    const width = stdout.columns ?? 80;
    const paper = { width, isColored: isColored(terminal, stdout) };
    const lines = frame(width, (stdout.rows ?? 24) - 1);
    update(lines.map((line) => paint(line, paper)).join('\n'));
  };
  const frame = (width: number, height: number): Line[] => {
    const how = trouble ?? `up ${formatSpan(last?.stats.uptime ?? 0)}, every ${formatSpan(interval)}`;
    const heading = flow(
      {
        label: 'cacheside',
        pieces: [
          [url.host],
          [trouble === undefined ? how : { text: how, style: 'red' }],
          [{ text: 'q ends', style: 'dim' }],
        ],
      },
      width,
    );
    if (last === undefined) return heading;
    const figures = { stats: last.stats, now: last.now, window: last.window, past };
    const fixed = [...heading, [], ...statsLines(figures, width)];
    const left = height - fixed.length - 1;
    const routes = routeTable(figures, width);
    if (left < 2) return fixed.slice(0, height);
    if (routes.length <= left) return [...fixed, [], ...routes];
    const more: Line = [
      { text: `${routes.length - left + 1} more lines: make the terminal higher`, style: 'dim' },
    ];
    return [...fixed, [], ...routes.slice(0, left - 1), more];
  };
  const onKey = (keys: Buffer | string) => {
    if (ENDS.has(String(keys))) quit();
  };
  stdout.write(HIDE_CURSOR);
  stdout.on('resize', draw);
  if (stdin.isTTY === true) {
    stdin.setRawMode?.(true);
    stdin.on('data', onKey);
  }

  return {
    show(event) {
      last = event;
      trouble = undefined;
      if (event.window.duration > 0) past.push(event.window);
      if (past.length > PAST) past.shift();
      draw();
    },
    lost(error) {
      const why = error instanceof Error ? error.message : String(error);
      trouble = `asking again: ${visibleText(why)}`;
      draw();
    },
    close() {
      stdout.off('resize', draw);
      update.done();
      stdout.write(SHOW_CURSOR);
      if (stdin.isTTY !== true) return;
      stdin.off('data', onKey);
      stdin.setRawMode?.(false);
      stdin.pause();
    },
  };
}
