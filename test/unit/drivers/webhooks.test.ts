import { describe, expect, it } from 'vitest';
import { postWebhook, reachable } from '#drivers/webhooks/index';

describe('webhooks', () => {
  it('reach the public internet and no address that leads into the cloud, also where it is written as IPv6', () => {
    const open = reachable([]);
    for (const address of ['1.1.1.1', '8.8.8.8', '2606:4700:4700::1111'])
      expect([address, open(address)]).toEqual([address, true]);
    for (const address of [
      '127.0.0.1',
      '10.1.2.3',
      '172.31.0.1',
      '192.168.1.1',
      '169.254.169.254',
      '100.64.0.1',
      '0.0.0.0',
      '255.255.255.255',
      '224.0.0.1',
      '::1',
      '::',
      '::7f00:1',
      '::ffff:127.0.0.1',
      '::ffff:a9fe:a9fe',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
      'fe80::1',
      'fd00::1',
      'ff02::1',
      // What is translated to IPv4 elsewhere, segments of routes, documents' own, and what is nobody's yet.
      '::ffff:0:7f00:1',
      '64:ff9b:1::7f00:1',
      '5f00::1',
      '3fff::1',
      '4000::1',
    ])
      expect([address, open(address)]).toEqual([address, false]);
  });

  it('reach the networks that are allowed beside', () => {
    const open = reachable(['10.1.0.0/16', 'fd00:1::/32']);
    expect(['10.1.2.3', '10.2.0.1', 'fd00:1::5', 'fd00:2::5'].map(open)).toEqual([true, false, true, false]);
  });

  it.each(['ftp://a.example/', 'file:///etc/passwd', 'gopher://a.example', 'no address', 'http://%@a.example/'])(
    'that are none of http or https, or cannot be asked, are refused for good: %s',
    async (url) => {
      const limits = { reachable: () => true, timeoutMs: 1_000 };
      await expect(postWebhook({ url, body: '{}', headers: {} }, limits)).rejects.toMatchObject({ passing: false });
    },
  );
});
