/** Names of fields that hold a secret, without punctuation and in lower case. */
const SECRET =
  /^(.*password(hash)?|adminpass|userdata|token|privatekey|publickey|authorization|cookie|xauthtoken|xsubjecttoken|credentials?|blob|secret(hash|key)?)$/;
/** Asked for each field of each line of the log, so what was asked before is remembered; names come from our code. */
const known = new Map<string, boolean>();
const REMEMBERED = 1_000;

/** True for the name of a field whose value must be in no log and in no answer that repeats a request. */
export function isSecret(name: string): boolean {
  let secret = known.get(name);
  if (secret === undefined) {
    secret = SECRET.test(name.toLowerCase().replaceAll(/[^a-z]/g, ''));
    if (known.size < REMEMBERED) known.set(name, secret);
  }
  return secret;
}
