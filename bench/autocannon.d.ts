/** The part of autocannon that the benchmark uses. */
declare module 'autocannon' {
  interface Request {
    readonly method?: 'GET';
    readonly path?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly setupRequest?: (request: Request) => Request;
  }

  interface Result {
    /** Seconds. */
    readonly duration: number;
    readonly requests: { readonly total: number };
    /** ms. */
    readonly latency: {
      readonly p50: number;
      readonly p99: number;
      readonly p99_9: number;
      readonly max: number;
    };
    /** Bytes. */
    readonly throughput: { readonly total: number };
    /** Connections that failed, time-outs included. */
    readonly errors: number;
    readonly '4xx': number;
    readonly '5xx': number;
  }

  export default function autocannon(options: {
    readonly url: string;
    /** Seconds. */
    readonly duration: number;
    readonly connections: number;
    readonly requests: readonly Request[];
  }): Promise<Result>;
}
