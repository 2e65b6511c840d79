import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { findBinary } from '../test/fixtures/redis-server.ts';

/** Name and version of the nginx on PATH; undefined without one. */
export function nginxVersion(): string | undefined {
  if (findBinary('nginx') === undefined) return undefined;
  const { stderr } = spawnSync('nginx', ['-v'], { encoding: 'utf8' });
  return `nginx ${/nginx\/(\S+)/.exec(stderr)?.[1] ?? ''}`.trim();
}

export interface NginxSettings {
  /** A new folder for all that it writes, in memory where possible. */
  readonly folder: string;
  readonly port: number;
  readonly upstreamUrl: string;
  /** Of the bodies that it gives; bytes. */
  readonly largestBody: number;
}

/** Up to here it is cheaper to read a stored response than to have it sent; bytes, measured. */
const SENDFILE_FROM = 32 * 1024;

export function nginxCommand({ folder }: Pick<NginxSettings, 'folder'>): readonly string[] {
  return ['nginx', '-p', folder, '-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')];
}

/**
 * A configuration as one who knows nginx would write it for these loads: one worker, no log, open files kept,
 * connections to the upstream kept, nobody waits for what can be renewed in the background. Nothing is evicted:
 * its cache manager would go on with that while others are measured.
 * `root`: it is started as root, and its worker must be able to read what belongs to root.
 */
export function nginxConf(settings: NginxSettings, root: boolean): string {
  const { folder, port, upstreamUrl, largestBody } = settings;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path ${join(folder, name)};`,
  );
  return `${root ? 'user root;\n' : ''}daemon off;
worker_processes 1;
worker_rlimit_nofile 65536;
pid ${join(folder, 'nginx.pid')};
error_log ${join(folder, 'error.log')} error;
pcre_jit on;
events {
  worker_connections 8192;
  use epoll;
  multi_accept on;
  accept_mutex off;
}
http {
${temporary.join('\n')}
  access_log off;
  server_tokens off;
  etag off;
  sendfile ${largestBody < SENDFILE_FROM ? 'off' : 'on'};
  tcp_nodelay on;
  keepalive_timeout 300s;
  keepalive_requests 1000000000;
  open_file_cache max=60000 inactive=300s;
  open_file_cache_valid 300s;
  open_file_cache_min_uses 1;
  output_buffers 1 128k;
  proxy_buffers 16 16k;
  proxy_cache_path ${join(folder, 'cache')} levels=1:2 keys_zone=bench:256m inactive=1h use_temp_path=off;
  upstream origin {
    server ${new URL(upstreamUrl).host};
    keepalive 128;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096 reuseport;
    location / {
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_cache bench;
      proxy_cache_key $scheme$host$uri;
      proxy_cache_lock on;
      proxy_cache_use_stale updating error timeout;
      proxy_cache_background_update on;
      proxy_cache_revalidate on;
      add_header X-Cache $upstream_cache_status;
    }
    location /pass/ {
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
    }
  }
}
`;
}
