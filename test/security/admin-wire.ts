import { connect } from 'node:net';

/** What one connection to the admin port got. */
export interface Heard {
  /** Of the first answer; 0: there was none. */
  readonly status: number;
  /** How many answers came. */
  readonly answers: number;
  readonly text: string;
  /** From the last byte sent until the other side closed, ms. */
  readonly closedAfter: number;
}

/** Sends these bytes on one connection, and resolves once the other side has closed it; rejects after 5 s. */
export function tell(port: number, ...sent: readonly (string | Buffer)[]): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    let began = performance.now();
    const patience = setTimeout(() => {
      socket.destroy();
      reject(new Error(`not closed within 5 s; got: ${text.slice(0, 500)}`));
    }, 5_000);
    socket.setEncoding('latin1');
    socket.on('data', (more) => {
      text += more;
    });
    // What is sent after the answer may be met by a reset.
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(patience);
      const answers = text.match(/^HTTP\/1\.1 (?!1\d\d)\d{3} /gm) ?? [];
      const status = Number(answers[0]?.slice(9, 12) ?? 0);
      resolve({ status, answers: answers.length, text, closedAfter: performance.now() - began });
    });
    for (const bytes of sent) socket.write(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes, 'latin1'));
    began = performance.now();
  });
}

/** A request that closes its connection. `lines`: as they are; without a Host among them, `localhost`. */
export function request(method: string, target: string, lines: readonly string[] = [], body = ''): Buffer {
  const host = lines.some((line) => /^host:/i.test(line)) ? [] : ['Host: localhost'];
  const length =
    body === '' || lines.some((line) => /^(content-length|transfer-encoding):/i.test(line))
      ? []
      : [`Content-Length: ${Buffer.byteLength(body)}`];
  const head = [`${method} ${target} HTTP/1.1`, ...host, ...lines, ...length, 'Connection: close', '', ''];
  return Buffer.concat([Buffer.from(head.join('\r\n'), 'latin1'), Buffer.from(body)]);
}
