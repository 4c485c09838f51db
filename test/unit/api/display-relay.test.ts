import { once } from 'node:events';
import http from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { DisplayRelay } from '#apps/api/dashboard/display-relay';
import type { Services } from '#services/index';
import { makeLogger } from '#services/kernel/log';

it('answers whoever asks for an upgrade at a path that is none, and lives on', async () => {
  const server = http.createServer((_request, response) => response.writeHead(404).end());
  new DisplayRelay({} as Services, makeLogger('test', 'silent')).over(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    for (const path of ['//', 'http://[', '/\\']) {
      const socket = connect(port, '127.0.0.1');
      socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect([path, answer.toString().split('\r\n', 1)[0]]).toEqual([path, 'HTTP/1.1 404 Not Found']);
      socket.destroy();
    }
  } finally {
    server.close();
  }
});
