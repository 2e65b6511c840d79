import { runRoom } from '../fixtures/room.ts';

// All that drives a whole sidecar in test/proxy and test/upstream, once more without the fast door.
Object.assign(process.env, { CACHESIDE_TEST_DOOR: 'node' });
await runRoom(['proxy', 'upstream'], /fixtures\/sidecar|start\.ts/);
