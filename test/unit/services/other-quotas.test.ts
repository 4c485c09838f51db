import { expect, it } from 'vitest';
import { Prisma } from '#services/kernel/database';
import { otherQuotas } from '#services/nova/other-quotas';

const quotas = { room: () => Prisma.empty, standing: () => Prisma.empty };
const services = { neutron: { quotas }, cinder: { quotas } } as unknown as Parameters<typeof otherQuotas>[0];

it('as many servers are made as other quotas have room for, at once also where a request names billions', () => {
  const others = otherQuotas(services, 'p', { ports: 2, volumes: [] });
  expect(others.fit({ ports: 9, volumes: null }, 2 ** 31 - 1)).toBe(4);
  expect(others.fit({ ports: 9, volumes: null }, 3)).toBe(3);
  expect(others.fit({ ports: 1, volumes: null }, 2 ** 31 - 1)).toBe(0);
  expect(others.fit({ ports: null, volumes: null }, 2 ** 31 - 1)).toBe(2 ** 31 - 1);
});
