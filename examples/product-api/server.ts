import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApplication } from './application.ts';
import { openCatalogue } from './catalogue.ts';
import { readOptions, type ServerOptions, USAGE } from './options.ts';

function start(options: ServerOptions): void {
  const catalogue = openCatalogue(options.database);
  const server = createServer(createApplication(catalogue, options));

  const stop = () => {
    server.close(() => catalogue.close());
    server.closeIdleConnections();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);

  server.on('error', (error) => fail(error));
  server.listen(options.port, options.host, () => {
    const { address, family, port } = server.address() as AddressInfo;
    const host = family === 'IPv6' ? `[${address}]` : address;
    console.log(`product-api listening on http://${host}:${port} with ${catalogue.count()} products`);
  });
}

function fail(error: unknown): void {
  console.error(`product-api: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

try {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options.help) console.log(USAGE);
  else start(options);
} catch (error) {
  fail(error);
}
