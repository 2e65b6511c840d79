/** One event of a stream of server-sent events. */
export interface StreamedEvent {
  readonly event: string;
  readonly data: string;
}

/**
 * The events of a body of type text/event-stream (HTML, server-sent events, §9.2.6), as they come. Ends with the body; what
 * was not finished by an empty line is no event. Fields other than `event` and `data` are left out.
 */
export async function* readEvents(body: AsyncIterable<string>): AsyncGenerator<StreamedEvent> {
  let rest = '';
  let event = '';
  let data: string[] = [];
  for await (const chunk of body) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const ended of lines) {
      const line = ended.endsWith('\r') ? ended.slice(0, -1) : ended;
      if (line === '') {
        if (data.length > 0) yield { event: event === '' ? 'message' : event, data: data.join('\n') };
        event = '';
        data = [];
      } else if (line.startsWith('event:')) event = fieldValue(line);
      else if (line.startsWith('data:')) data.push(fieldValue(line));
    }
  }
}

function fieldValue(line: string): string {
  return line.slice(line.indexOf(':') + 1).replace(/^ /, '');
}
