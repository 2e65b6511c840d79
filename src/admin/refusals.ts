import { isIPv6 } from 'node:net';

/** Who was turned away lately, by address. */
export interface Refusals {
  /** How long no guess from here is looked at, ms; 0: it is. */
  wait(address: string): number;
  /** A call without a valid token. */
  failed(address: string): void;
  /** Whether a call that was turned away gets a line in the log: the first of a kind does, and there are few kinds. */
  told(address: string, kind: string): Told;
}

/** Whether to write a line, and what it makes up for. */
export interface Told {
  readonly line: boolean;
  /** Calls from here that got none since the last line. */
  readonly unlogged: number;
}

/** Calls without a valid token from one address within a window, ms, beyond which none is looked at in it. */
export const FAILURES = 10;
export const WINDOW = 60_000;
/** Addresses remembered. Beyond them, all others count as one. */
export const ADDRESSES = 1_024;

interface Window {
  /** By the clock that `createRefusals` was given, ms. */
  until: number;
  failures: number;
  unlogged: number;
  readonly lines: Set<string>;
}

/** `now`: a monotonic clock in ms. */
export function createRefusals(now: () => number): Refusals {
  /** In the order in which they end: all are of one length. */
  const windows = new Map<string, Window>();
  let others: Window | undefined;

  const running = (window: Window | undefined): window is Window =>
    window !== undefined && window.until > now();

  const find = (address: string): Window | undefined => {
    const own = windows.get(networkOf(address));
    if (running(own)) return own;
    return isFull() && running(others) ? others : undefined;
  };

  const isFull = (): boolean => {
    if (windows.size < ADDRESSES) return false;
    for (const [network, window] of windows) {
      if (running(window)) break;
      windows.delete(network);
    }
    return windows.size >= ADDRESSES;
  };

  const open = (address: string): Window => {
    const found = find(address);
    if (found !== undefined) return found;
    const network = networkOf(address);
    const before = windows.get(network);
    const unlogged = before?.unlogged ?? 0;
    const window: Window = { until: now() + WINDOW, failures: 0, unlogged, lines: new Set() };
    windows.delete(network);
    if (isFull()) others = { ...window, unlogged: others?.unlogged ?? 0 };
    else windows.set(network, window);
    return find(address) ?? window;
  };

  return {
    wait(address) {
      const window = find(address);
      return window === undefined || window.failures < FAILURES ? 0 : window.until - now();
    },
    failed(address) {
      open(address).failures++;
    },
    told(address, kind) {
      const window = open(address);
      if (window.lines.has(kind)) {
        window.unlogged++;
        return { line: false, unlogged: window.unlogged };
      }
      window.lines.add(kind);
      const { unlogged } = window;
      window.unlogged = 0;
      return { line: true, unlogged };
    },
  };
}

/** What one caller may choose from freely counts as one: an IPv6 address by its /64, one of IPv4 as it is. */
export function networkOf(address: string): string {
  const [plain = ''] = address.split('%');
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(plain)) return plain;
  const [left = '', right] = plain.toLowerCase().split('::');
  const head = groups(left);
  const tail = right === undefined ? [] : groups(right);
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(':')}::/64`;
}

function groups(text: string): string[] {
  const written = text === '' ? [] : text.split(':');
  // Its last 32 bits may stand in dots.
  return written
    .flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]))
    .map((group) => Number.parseInt(group, 16).toString(16));
}
