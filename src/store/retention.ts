import { type Stored, type StoredResponse, uselessAfter } from '../policy/stored-response.ts';
import { hasValidator } from '../policy/validator.ts';

/**
 * How long past its last use as a whole response one with a validator is kept, ms: a conditional
 * request that is answered 304 saves the transfer. Ten minutes cover clients that poll, and yet do
 * not fill the tiers with what nobody asks for.
 */
export const VALIDATION_WINDOW = 10 * 60_000;

/** When neither tier needs to keep this response or record any longer; ms since the epoch. */
export function keepUntil(stored: Stored): number {
  return 'expires' in stored ? stored.expires : keepResponseUntil(stored);
}

function keepResponseUntil(stored: StoredResponse): number {
  return uselessAfter(stored, hasValidator(stored.fields) ? VALIDATION_WINDOW : 0);
}
