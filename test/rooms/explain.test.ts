import { runRoom } from '../fixtures/room.ts';

await runRoom(['explain']);
