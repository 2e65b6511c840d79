import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { findBinary } from '../test/fixtures/redis-server.ts';

/** Name and version of the varnishd on PATH; undefined without one. */
export function varnishVersion(): string | undefined {
  if (findBinary('varnishd') === undefined) return undefined;
  const { stderr } = spawnSync('varnishd', ['-V'], { encoding: 'utf8' });
  return `Varnish ${/varnish-(\S+)/.exec(stderr)?.[1] ?? ''}`.trim();
}

export interface VarnishSettings {
  /** A new folder for all that it writes, in memory where possible. */
  readonly folder: string;
  readonly port: number;
  /** Bytes. */
  readonly memory: number;
}

export function varnishCommand({ folder, port, memory }: VarnishSettings): readonly string[] {
  const parameters = [
    ...['thread_pools=1', 'thread_pool_min=100', 'thread_pool_max=2000', 'listen_depth=4096'],
    ...['timeout_idle=300', 'default_keep=600'],
  ];
  return [
    ...['varnishd', '-F', '-n', join(folder, 'varnish'), '-f', join(folder, 'bench.vcl'), '-j', 'none'],
    ...['-a', `127.0.0.1:${port}`, '-T', 'none', '-s', `malloc,${memory}`],
    ...parameters.flatMap((parameter) => ['-p', parameter]),
  ];
}

/**
 * What it does beyond its own defaults: URLs under /pass/ are not stored, `no-cache` is stored and validated
 * each time, and what is stale is served while it is renewed where the upstream allows that.
 */
export function varnishVcl(upstreamUrl: string): string {
  const { hostname, port } = new URL(upstreamUrl);
  return `vcl 4.1;
backend origin {
  .host = "${hostname}";
  .port = "${port}";
}
sub vcl_recv {
  if (req.url ~ "^/pass/") {
    return (pass);
  }
  return (hash);
}
sub vcl_backend_response {
  if (beresp.http.Cache-Control ~ "stale-while-revalidate") {
    set beresp.grace = 10m;
  } else {
    set beresp.grace = 0s;
  }
  if (beresp.http.Cache-Control ~ "no-cache") {
    set beresp.ttl = 0s;
    set beresp.keep = 10m;
  }
  return (deliver);
}
`;
}
