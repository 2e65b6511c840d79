import { ownText } from '../own-text.ts';

/** Where requests of one target and Host lead, read once. */
export interface Place {
  readonly authority: string;
  readonly path: string;
  readonly query: string;
}

/** The places that were asked for lately, by Host and target as they stand on the wire. */
export interface Places {
  get(host: string, target: string): Place | undefined;
  /** Remembers it in memory of its own, and returns it so. */
  add(host: string, target: string, place: Place): Place;
}

/** Longer targets are read each time. */
const LONGEST = 512;

type Generation = Map<string, Map<string, Place>>;

/** At most twice `bound` places: once as many new ones have come, those that nobody asked for since are forgotten. */
export function createPlaces(bound: number): Places {
  let young: Generation = new Map();
  let old: Generation = new Map();
  let count = 0;

  const keep = (host: string, target: string, place: Place): void => {
    if (count >= bound) {
      old = young;
      young = new Map();
      count = 0;
    }
    let targets = young.get(host);
    if (targets === undefined) {
      targets = new Map();
      young.set(host, targets);
    }
    targets.set(target, place);
    count++;
  };

  return {
    get(host, target) {
      const place = young.get(host)?.get(target);
      if (place !== undefined) return place;
      const known = old.get(host)?.get(target);
      if (known !== undefined) keep(ownText(host), ownText(target), known);
      return known;
    },
    add(host, target, { authority, path, query }) {
      if (target.length > LONGEST) return { authority, path, query };
      const ownTarget = ownText(target);
      const own = {
        authority: ownText(authority),
        path: path === target ? ownTarget : ownText(path),
        query: ownText(query),
      };
      keep(ownText(host), ownTarget, own);
      return own;
    },
  };
}
