import { expect, it } from 'vitest';
import { parseRange } from '#apps/api/http/ranges';
import { inspectImage } from '#drivers/image/inspect';
import { metadataFilter } from '#services/cinder/metadata-filter';
import { base32 } from '#services/keystone/methods/totp';
import { sshFingerprint } from '#services/nova/ssh-key';

/** Far more than a text of this length takes that is read once, and far less than one that is read from each of its places. */
const AT_ONCE_MS = 1_000;
const LONG = 100_000;

function timed(work: () => unknown): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

it('a public key full of spaces is refused at once, and one with line breaks at its end is taken', () => {
  const hostile = `ssh-rsa AAAA${' '.repeat(LONG)}\nX`;
  expect(timed(() => expect(() => sshFingerprint(hostile)).toThrow('Keypair data is invalid'))).toBeLessThan(
    AT_ONCE_MS,
  );
  const key = `ssh-ed25519 ${Buffer.from(`\0\0\0\x0bssh-ed25519\0\0\0\x20${'k'.repeat(32)}`, 'latin1').toString('base64')}`;
  expect(sshFingerprint(`${key} me@home \r\n\n`)).toBe(sshFingerprint(key));
  expect(() => sshFingerprint(`${key}\n${key}`)).toThrow('Keypair data is invalid');
});

it('a range full of spaces is read at once, and white space in one means nothing', () => {
  expect(timed(() => parseRange(`bytes=${' '.repeat(LONG)}x`, 10))).toBeLessThan(AT_ONCE_MS);
  expect(parseRange(' bytes = 2 - 4 ', 10)).toEqual({ start: 2, end: 4 });
  expect(parseRange('bytes=-3', 10)).toEqual({ start: 7, end: 9 });
  expect(parseRange('bytes=3-', 10)).toEqual({ start: 3, end: 9 });
  expect(parseRange('bytes=-', 10)).toBeUndefined();
  expect(parseRange('bytes=10-', 10)).toBe('unsatisfiable');
});

it('a filter of metadata whose quotes are not closed is refused at once, and a dictionary of Python’s is read', () => {
  const hostile = `{'${"\\'".repeat(LONG)}`;
  expect(timed(() => expect(() => metadataFilter([hostile])).toThrow('Invalid metadata filter'))).toBeLessThan(
    AT_ONCE_MS,
  );
  expect(metadataFilter([String.raw`{'a': "b", "it's" : 'it\'s',} `])).toEqual({
    AND: [{ metadata: { path: ['a'], equals: 'b' } }, { metadata: { path: ["it's"], equals: "it's" } }],
  });
  expect(metadataFilter(['{}'])).toEqual({ AND: [] });
  expect(() => metadataFilter(["{'a': 1}"])).toThrow('Invalid metadata filter');
});

it('an image that begins with empty lines is inspected at once, and a VMDK behind some is found', () => {
  const empty = Buffer.from('\n'.repeat(LONG));
  expect(timed(() => inspectImage(empty, empty.length, 'raw'))).toBeLessThan(AT_ONCE_MS);
  const hidden = Buffer.from('x\n\n  createType="monolithicFlat"\n');
  expect(() => inspectImage(hidden, hidden.length, 'raw')).toThrow('vmdk');
});

it('a secret of passcodes that is all padding is refused at once, and one with padding is read', () => {
  expect(timed(() => expect(base32(`${'='.repeat(LONG)}A`)).toBeUndefined())).toBeLessThan(AT_ONCE_MS);
  expect(base32('MFRA====')?.toString()).toBe('ab');
  expect(base32('====')).toBeUndefined();
});
