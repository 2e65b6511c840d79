/** In what a reader of requests departs from RFC 9112; nothing of it: it reads to the letter, and gives up on any doubt. */
export interface Leniency {
  /** LF without CR, or CR without LF, ends a line. */
  readonly lineEnds?: 'lf' | 'cr';
  /** A line that begins with white space: goes on with the one before, or is left out (RFC 9112 §5.2). */
  readonly folded?: 'joined' | 'dropped';
  /** White space before the colon is left out. */
  readonly blankNames?: boolean;
  /** Lines that are no field lines are left out. */
  readonly skipsNonsense?: boolean;
  /** Nothing behind a NUL counts in its line. */
  readonly stopsAtNul?: boolean;
  /** Controls and bytes beyond ASCII around names and values are left out. */
  readonly trims?: boolean;
  /** As CGI has it: `_` in a name is `-`. */
  readonly underscores?: boolean;
  /** Which of several lengths counts, in lines or in a list. */
  readonly lengths?: 'first' | 'last';
  /** A length is read as far as it is a number, signs and other bases with it. */
  readonly looseLengths?: boolean;
  /** What counts where a length and a coding are named. */
  readonly counts?: 'length' | 'coding';
  /** Where in its value `chunked` counts; `alone`: all but that counts for nothing. */
  readonly chunked?: 'last' | 'anywhere' | 'contained' | 'alone';
  /** Chunked in HTTP/1.0. */
  readonly oldChunked?: boolean;
  /** A chunk size is read as far as it is a number, `0x`, signs and blanks with it. */
  readonly looseSizes?: boolean;
  /** Chunk sizes keep their last 32 bits. */
  readonly wraps?: boolean;
  /** What is behind a chunk's data is the next size, with or without a line's end. */
  readonly looseChunkEnds?: boolean;
  /** Trailers are left for the next reader. */
  readonly ignoresTrailers?: boolean;
  /** Methods whose bodies are not read. */
  readonly bodiless?: RegExp;
  /** Which Host counts. */
  readonly hosts?: 'first' | 'last' | 'target';
  /** More than one blank in the request line, and anything as its end. */
  readonly looseRequestLine?: boolean;
  /** See `DOOR`. */
  readonly isNode?: boolean;
  /** A connection goes on behind a request that says that it is the last. */
  readonly neverCloses?: boolean;
}

/**
 * What node's parser takes, and the door cannot see: any line ends between two requests, several blanks in a request line,
 * another protocol's name in it, Proxy-Connection as Connection. None of it moves the end of a request, and all requests are written anew.
 */
export const DOOR: Leniency = { isNode: true };

const BODILESS = /^(?:GET|HEAD|DELETE|OPTIONS)$/;

/** Readers that upstreams, and whatever stands before them, are known to have. */
export const LENIENCIES: Readonly<Record<string, Leniency>> = {
  'LF ends a line': { lineEnds: 'lf' },
  'CR ends a line': { lineEnds: 'cr' },
  'folded lines are joined': { folded: 'joined' },
  'folded lines are dropped': { folded: 'dropped' },
  'a blank before the colon': { blankNames: true },
  'lines that are none are skipped': { skipsNonsense: true },
  'a NUL ends its line': { stopsAtNul: true },
  'names and values are trimmed of all that is odd': { trims: true },
  'an underscore is a hyphen': { underscores: true },
  'an underscore is a hyphen, and the first length counts': {
    underscores: true,
    lengths: 'first',
    counts: 'length',
  },
  'an underscore is a hyphen, and the last coding counts': {
    underscores: true,
    chunked: 'last',
    counts: 'coding',
  },
  'the first length': { lengths: 'first' },
  'the last length': { lengths: 'last' },
  'lengths as far as they are numbers': { looseLengths: true },
  'the length counts': { counts: 'length' },
  'the coding counts': { counts: 'coding' },
  'the length counts, whatever it is': {
    counts: 'length',
    looseLengths: true,
    lengths: 'first',
    trims: true,
    blankNames: true,
  },
  'chunked at the end of a list': { chunked: 'last', counts: 'coding' },
  'chunked anywhere in a list': { chunked: 'anywhere', counts: 'coding' },
  'chunked in any word': { chunked: 'contained', counts: 'coding', trims: true, blankNames: true },
  'a coding that is unknown counts for nothing': { chunked: 'alone', counts: 'coding' },
  'chunked in HTTP/1.0': { oldChunked: true },
  'chunk sizes as far as they are numbers': { looseSizes: true },
  'chunk sizes of 32 bits': { wraps: true, looseSizes: true },
  'chunks end without a line': { looseChunkEnds: true },
  'chunks end at LF': { looseChunkEnds: true, lineEnds: 'lf' },
  'trailers are not read': { ignoresTrailers: true },
  'no bodies but where they are expected': { bodiless: BODILESS },
  'the first Host': { hosts: 'first' },
  'the last Host': { hosts: 'last' },
  'the host of the target': { hosts: 'target' },
  'any request line': { looseRequestLine: true },
  'a connection never closes': { neverCloses: true },
  'everything at once, the length first': {
    ...{ lineEnds: 'lf', folded: 'joined', blankNames: true, skipsNonsense: true, stopsAtNul: true },
    ...{ trims: true, underscores: true, lengths: 'first', looseLengths: true, counts: 'length' },
    ...{ looseSizes: true, looseChunkEnds: true, bodiless: BODILESS, looseRequestLine: true },
  },
  'everything at once, the coding first': {
    ...{ lineEnds: 'lf', folded: 'dropped', blankNames: true, skipsNonsense: true, trims: true },
    ...{ underscores: true, lengths: 'last', looseLengths: true, counts: 'coding', chunked: 'contained' },
    ...{ oldChunked: true, looseSizes: true, wraps: true, looseChunkEnds: true, hosts: 'last' },
  },
};
