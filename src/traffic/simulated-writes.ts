import { invalidatedUrls, invalidates } from '../policy/invalidation.ts';
import { originOf } from '../policy/origin.ts';
import type { RequestHead, ResponseHead } from '../policy/request.ts';
import { expandTags } from '../policy/tags.ts';
import type { MatchedRoute, RouteTable } from '../proxy/route-table.ts';
import { storedTargets } from '../proxy/stored-target.ts';
import type { PurgeIndex } from '../purge/purge-index.ts';
import type { Selector } from '../purge/selector.ts';

/** Applies what unsafe requests make invalid, one position of a log each. */
export interface SimulatedWrites {
  /** False where nothing became invalid. */
  write(request: RequestHead, response: ResponseHead, route: MatchedRoute | undefined): boolean;
  readonly position: number;
}

/** As the pipeline does it (RFC 9111 §4.4 and the route's `purge`), in a log of this process alone. */
export function createSimulatedWrites(purges: PurgeIndex, routes: RouteTable): SimulatedWrites {
  let position = 0;
  return {
    get position() {
      return position;
    },
    write(request, response, route) {
      if (!invalidates(request, response)) return false;
      const selectors: Selector[] = tagsOf(request, response, route).map((tag) => ({ kind: 'tag', tag }));
      const origin = originOf(request.scheme, request.authority);
      for (const url of invalidatedUrls(request, response)) {
        const forms = storedTargets({ routes }, url.slice(origin.length), request.authority);
        for (const form of new Set([url, ...forms.map((target) => origin + target)]))
          selectors.push({ kind: 'url', url: form });
      }
      position++;
      for (const selector of selectors) purges.apply({ selector, soft: false }, position);
      return true;
    },
  };
}

function tagsOf(request: RequestHead, { fields }: ResponseHead, route: MatchedRoute | undefined): string[] {
  if (route === undefined) return [];
  const { rule, params } = route;
  return expandTags(rule.purge, { params, query: request.query, response: fields });
}
