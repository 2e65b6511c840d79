import { chunked, get, HOST, post, type Row } from './request-row.ts';

const SMUGGLED = 'GET /s HTTP/1.1\r\nHost: a.test\r\n\r\n';
const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n';

/** What stands behind a request is the next one only where the first has one end (RFC 9112 §9.3). */
export const PIPELINES: readonly Row[] = [
  {
    id: 'a request for a body',
    sends: post(`Content-Length: ${SMUGGLED.length}\r\n`, SMUGGLED),
    expects: [`POST /u ${SMUGGLED}`],
  },
  {
    id: 'a GET with a request for a body',
    sends: get('/', `Content-Length: ${SMUGGLED.length}\r\n`) + SMUGGLED,
    expects: [`GET / ${SMUGGLED}`],
  },
  {
    id: 'a HEAD with a body',
    sends: `${get('/', 'Content-Length: 3\r\n', 'HEAD')}abc`,
    expects: ['HEAD / abc'],
  },
  {
    id: 'a GET with chunks',
    sends: `${get('/', 'Transfer-Encoding: chunked\r\n')}3\r\nabc\r\n0\r\n\r\n`,
    expects: ['GET / abc'],
  },
  {
    id: 'a body and a request',
    sends: post('Content-Length: 3\r\n', `abc${get('/b')}`),
    expects: ['POST /u abc', 'GET /b'],
  },
  {
    id: 'chunks and a request',
    sends: chunked(`3\r\nabc\r\n0\r\n\r\n${get('/b')}`),
    expects: ['POST /u abc', 'GET /b'],
  },
  {
    id: 'a body longer than its length',
    sends: post('Content-Length: 3\r\n', 'abcd'),
    expects: ['POST /u abc'],
  },
  {
    id: 'a request behind Connection: close',
    sends: get('/', 'Connection: close\r\n') + SMUGGLED,
    expects: ['GET /'],
  },
  {
    id: 'a request behind Connection: x, CLOSE',
    sends: get('/', 'Connection: x, CLOSE\r\n') + SMUGGLED,
    expects: ['GET /'],
  },
  { id: 'a request behind HTTP/1.0', sends: `GET / HTTP/1.0\r\n${HOST}\r\n${SMUGGLED}`, expects: ['GET /'] },
  { id: 'garbage behind a request', sends: `${get('/')}\0\x01\x02`, expects: ['GET /'] },
  { id: 'a refused one behind a request', sends: get('/') + get('/../') + SMUGGLED, expects: ['GET /'] },
  { id: 'two Hosts behind a request', sends: get('/') + get('/b', HOST) + SMUGGLED, expects: ['GET /'] },
  {
    id: '1,000 requests',
    sends: Array.from({ length: 1_000 }, (_, i) => get(`/${i}`)).join(''),
    expects: Array.from({ length: 1_000 }, (_, i) => `GET /${i}`),
  },
  { id: '1,000 refused requests', sends: get('/../').repeat(1_000), expects: 400 },
  { id: 'an upgrade with a body', sends: `${get('/', `${UPGRADE}Content-Length: 3\r\n`)}abc`, expects: 501 },
  {
    id: 'an upgrade with chunks',
    sends: `${get('/', `${UPGRADE}Transfer-Encoding: chunked\r\n`)}0\r\n\r\n`,
    expects: 501,
  },
  {
    id: 'an upgrade by POST with a body',
    sends: post(`${UPGRADE}Content-Length: 3\r\n`, 'abc'),
    expects: 501,
  },
  {
    id: 'an upgrade with two lengths',
    sends: `${get('/', `${UPGRADE}Content-Length: 3, 3\r\n`)}abc`,
    expects: 400,
  },
  { id: 'an upgrade with two Hosts', sends: get('/', UPGRADE + HOST), expects: 400 },
  { id: 'an upgrade of another host', sends: get('http://b.test/', UPGRADE), expects: 400 },
  { id: 'an upgrade past the root', sends: get('/../', UPGRADE), expects: 400 },
  { id: 'a tunnel by TRACE', sends: get('/', UPGRADE, 'TRACE'), expects: 405 },
  {
    id: 'an offer of h2c',
    sends: get('/', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n'),
    expects: ['GET /'],
  },
  {
    id: 'an offer of h2c with a body',
    sends: post('Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n', 'abc'),
    expects: ['POST /u abc'],
  },
  {
    id: 'an offer of h2c with two lengths',
    sends: post('Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3, 3\r\n', 'abc'),
    expects: 400,
  },
  {
    id: 'an offer of h2c with a length and a coding',
    sends: post(
      'Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n',
      'abc',
    ),
    expects: 400,
  },
  { id: 'Expect without a body', sends: get('/', 'Expect: 100-continue\r\n'), expects: ['GET /'] },
  {
    id: 'Expect in other letters',
    sends: post('Expect: 100-Continue\r\nContent-Length: 3\r\n', 'abc'),
    expects: ['POST /u abc'],
  },
  {
    id: 'Expect and no bytes',
    sends: post('Expect: 100-continue\r\nContent-Length: 0\r\n'),
    expects: ['POST /u'],
  },
  {
    id: 'Expect in HTTP/1.0',
    sends: `POST /u HTTP/1.0\r\n${HOST}Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc`,
    expects: ['POST /u abc'],
  },
];
