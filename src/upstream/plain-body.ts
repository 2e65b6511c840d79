import type { PlainExchange } from './plain-exchange.ts';
import type { PlainHead } from './plain-response-head.ts';

/**
 * Where reading a body has come to: all that is here was read, its listener holds back, it is complete, the exchange
 * was ended meanwhile, what comes cannot be right (RFC 9112 §7.1), or it is framed in a way that is not read here.
 */
export type BodyProgress = 'more' | 'held' | 'complete' | 'over' | 'wrong' | 'odd';

/** A chunk's size and nothing else; seven digits are 256 MiB. */
const SIZE = /^(?:0\r\n\r\n|([1-9a-fA-F][0-9a-fA-F]{0,6})\r\n)/;
const BEGUN_SIZE = /^(?:0(?:\r(?:\n\r?)?)?|[1-9a-fA-F][0-9a-fA-F]{0,6}\r?)?$/;
const LONGEST_SIZE = '1234567\r\n'.length;

/** The framing of a connection's bodies, one after the other. */
export class PlainBody {
  #isChunked = false;
  /** Bytes of the body, or of the chunk, that are yet to come. */
  #left = 0;
  /** A chunk's bytes were read, the line break behind them was not. */
  #isBehindChunk = false;
  /** Where in what was read last it stopped. */
  at = 0;

  begin({ framing, length }: PlainHead): void {
    this.#isChunked = framing === 'chunked';
    this.#left = length ?? 0;
  }

  /** Reads `bytes` from there on, and tells the exchange's listener. With `more`, what is behind `at` is to be read again. */
  read(exchange: PlainExchange, bytes: Buffer, from: number): BodyProgress {
    this.at = from;
    while (this.#left > 0 || this.#isChunked) {
      if (this.at === bytes.length) return 'more';
      if (this.#left > 0) {
        const piece = bytes.subarray(this.at, this.at + this.#left);
        this.at += piece.length;
        this.#left -= piece.length;
        const flows = exchange.listener.onData(piece);
        if (exchange.phase === 'over') return 'over';
        if (!flows && (this.#isChunked || this.#left > 0)) return 'held';
      } else {
        const odd = this.#isBehindChunk ? this.#readBreak(bytes) : this.#readSize(bytes);
        if (odd !== undefined) return odd;
      }
    }
    return 'complete';
  }

  #readBreak(bytes: Buffer): BodyProgress | undefined {
    if (bytes.length - this.at === 1) return 'more';
    if (bytes.toString('latin1', this.at, this.at + 2) !== '\r\n') return 'wrong';
    this.#isBehindChunk = false;
    this.at += 2;
    return undefined;
  }

  #readSize(bytes: Buffer): BodyProgress | undefined {
    const text = bytes.toString('latin1', this.at, this.at + LONGEST_SIZE);
    const size = SIZE.exec(text);
    if (size === null) return BEGUN_SIZE.test(text) ? 'more' : 'odd';
    this.at += size[0].length;
    if (size[1] === undefined) this.#isChunked = false;
    else {
      this.#left = Number.parseInt(size[1], 16);
      this.#isBehindChunk = true;
    }
    return undefined;
  }
}
