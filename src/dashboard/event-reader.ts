/** One event of a stream (WHATWG HTML §9.2). */
export interface StreamEvent {
  /** `message` where the stream names none. */
  readonly name: string;
  readonly data: string;
}

/**
 * Reads `text/event-stream` piece by piece: each call takes the next piece of text, wherever it was cut, and
 * gives the events that are whole by then. Ids and reconnection times are not looked at.
 */
export function createEventReader(): (piece: string) => StreamEvent[] {
  let rest = '';
  let name = '';
  let data: string[] = [];
  return (piece) => {
    const events: StreamEvent[] = [];
    rest += piece;
    // A CR at the very end may be half of CRLF.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) events.push({ name: name === '' ? 'message' : name, data: data.join('\n') });
        name = '';
        data = [];
        continue;
      }
      const colon = line.indexOf(':');
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'event') name = value;
      else if (field === 'data') data.push(value);
    }
    return events;
  };
}
