/** One-way digest of a secret; given by the composition root, since policy computes nothing native. */
export type Digest = (secret: string) => string;

const SECRET = /auth|cookie|token|secret|key|session|passw|credential|jwt|csrf|xsrf|signature/;

/** Whether a request field's value must not stand in a key as it is. `name` in lower case. */
export function isSecret(name: string): boolean {
  return SECRET.test(name);
}
