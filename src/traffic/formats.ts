/** How a line is written: a URL or path alone, Common or Combined Log Format, JSON. */
export const LINE_FORMATS = ['targets', 'combined', 'json'] as const;

export type LineFormat = (typeof LINE_FORMATS)[number];

/** How what is read is written; `auto` is told from the text, line by line. */
export const TRAFFIC_FORMATS = ['auto', ...LINE_FORMATS, 'sitemap'] as const;

export type TrafficFormat = (typeof TRAFFIC_FORMATS)[number];
