import type { KeyListing } from '../admin/key-listing.ts';
import { createAdminPort } from './admin-port.ts';
import { createColours } from './colours.ts';
import { byId, setText } from './element.ts';
import { createExplainForm } from './explain-form.ts';
import { createHead, type ReadyState } from './head.ts';
import { createHistory } from './history.ts';
import { createKeysTables } from './keys-tables.ts';
import { type Connection, followLive } from './live-feed.ts';
import { createPanels } from './panels.ts';
import { createPlots } from './plots.ts';
import { createPoll } from './poll.ts';
import { createPurgeForm } from './purge-form.ts';
import type { PurgeListing } from './purge-orders.ts';
import { createPurgesTable } from './purges-table.ts';
import { createRoutesTable } from './routes-table.ts';
import { createThemeSwitch } from './theme-switch.ts';
import { createTiles } from './tiles.ts';
import { createTokenForm } from './token-form.ts';
import { createWarmForm } from './warm-form.ts';

/** ms between looks at what is not streamed. */
const STATE_EVERY = 3_000;
const LISTS_EVERY = 5_000;
const LISTED = 12;

const port = createAdminPort();
const colours = createColours();
const content = byId('content');
const head = createHead();
createThemeSwitch(colours);
const tokens = createTokenForm(port, () => feed.restart());

const history = createHistory();
const tiles = createTiles();
const plots = createPlots(history, colours);
const panels = createPanels();
const routes = createRoutesTable();
const explanations = createExplainForm(port);
const keys = createKeysTables(explanations.explain);
const purges = createPurgesTable();
const purgeForm = createPurgeForm(port, () => lists.soon());
createWarmForm(port, () => lists.soon());
let known = '';
let isLive = false;

const state = createPoll(STATE_EVERY, async () => {
  head.showState(
    (await port.get('readyz', { anyStatus: true }).catch(() => undefined)) as ReadyState | undefined,
  );
});
// A look that fails leaves what was there: the stream says that the connection is lost.
const lists = createPoll(LISTS_EVERY, async () => {
  const [listing, orders] = await Promise.all([
    port.get(`keys?limit=${LISTED}`).catch(() => undefined),
    port.get(`purges?limit=${LISTED}`).catch(() => undefined),
  ]);
  const now = Date.now();
  if (listing !== undefined) keys.show(listing as KeyListing, now);
  if (orders !== undefined) purges.show(orders as PurgeListing, now);
});

function showConnection(connection: Connection): void {
  head.showConnection(connection);
  if (connection.kind === 'live') {
    tokens.hide();
    if (!isLive) void showVersion();
    if (content.hidden || !isLive) lists.soon();
    content.hidden = false;
    isLive = true;
    return;
  }
  if (isLive && connection.kind === 'lost') state.soon();
  if (connection.kind !== 'connecting') history.interrupt();
  isLive = false;
  if (connection.kind === 'connecting') return;
  lists.stop();
  if (connection.kind !== 'refused') return;
  content.hidden = true;
  tokens.ask(connection.error);
}

/** Another one may have started in its place. */
async function showVersion(): Promise<void> {
  const about = (await port.get('openapi.json').catch(() => undefined)) as
    | { info: { version: string } }
    | undefined;
  if (about !== undefined) setText(byId('version'), about.info.version);
}

const feed = followLive(
  port,
  (event) => {
    const moment = history.add(event);
    head.show(event);
    tiles.show(event.stats, history.moments);
    plots.show(event.now, event.stats);
    panels.show(event.stats, moment, event.now);
    routes.show(event);
    const names = Object.keys(event.stats.routes).filter((name) => name !== 'none');
    if (names.join('\n') === known) return;
    known = names.join('\n');
    purgeForm.setRoutes(names);
  },
  showConnection,
);
state.soon();
