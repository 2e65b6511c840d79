import { systemClock } from '../../src/clock.ts';
import { shareClock } from '../../src/workers/shared-clock.ts';

const shared = shareClock(systemClock);
process.on('message', () => process.send?.(shared.now()));
process.send?.('ready');
