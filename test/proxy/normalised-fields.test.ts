import t from 'tap';
import { start } from './start.ts';

t.test(
  'spellings that mean the same share a variant, and the upstream sees the one that is keyed',
  async (t) => {
    const document = `routes: [{match: '*', ttl: 1m, request-fields: {normalise: [Accept-Language]}}]\n`;
    const { origin, ask } = await start(t, document, (req, res) => {
      res.setHeader('vary', 'Accept-Language');
      res.end(`for ${req.headers['accept-language']}`);
    });
    const speaking = (languages: string) => ask('/a', { headers: { 'accept-language': languages } });
    t.match(await speaking('en, DE'), { text: 'for de, en', cacheStatus: /fwd=uri-miss/ });
    t.match(await speaking('de ,eN'), { text: 'for de, en', cacheStatus: /hit/ });
    t.match(await speaking('de'), { text: 'for de', cacheStatus: /fwd=vary-miss/ });
    t.match(await ask('/a'), { text: 'for undefined', cacheStatus: /fwd=vary-miss/ });
    t.equal(origin.requests.length, 3);
  },
);

t.test('a POST that leaves a response for GETs is keyed as they are', async (t) => {
  const rule =
    'ttl: 1m, post: true, key: {headers: [Accept-Language]}, request-fields: {normalise: [Accept-Language]}';
  const { origin, ask } = await start(t, `routes: [{match: '*', ${rule}}]\n`, (req, res) => {
    res.setHeader('content-location', '/a').setHeader('cache-control', 'max-age=60');
    res.end(`${req.method} for ${req.headers['accept-language']}`);
  });
  const posted = { method: 'POST', body: 'x', headers: { 'accept-language': 'en, DE' } };
  t.match(await ask('/a', posted), { text: 'POST for de, en', cacheStatus: /stored/ });
  const speaking = { headers: { 'accept-language': 'de ,eN' } };
  t.match(await ask('/a', speaking), { text: 'POST for de, en', cacheStatus: /hit/ });
  t.equal(origin.requests.length, 1);
});
