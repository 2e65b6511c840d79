/** The part of autocannon that the benchmark uses. */
declare module 'autocannon' {
  interface Request {
    readonly path?: string;
    readonly setupRequest?: (request: Request) => Request;
  }

  interface Result {
    /** Seconds. */
    readonly duration: number;
    readonly requests: { readonly total: number };
    /** ms. */
    readonly latency: { readonly p50: number; readonly p99: number };
    /** Connections that failed, time-outs included. */
    readonly errors: number;
    readonly non2xx: number;
  }

  export default function autocannon(options: {
    readonly url: string;
    /** Seconds. */
    readonly duration: number;
    readonly connections: number;
    readonly requests: readonly Request[];
  }): Promise<Result>;
}
