import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { OtlpReceiver, type ReceivedSpan } from '#cli/trace/receiver';
import { inject } from '../setup/faults.js';
import { startCloud, type OwnCloud } from '../setup/clouds.js';
import { Tenant } from '../setup/tenant.js';

/** One request is one trace, from HTTP to the hypervisor. Its spans come in batches, a few seconds after it. */
const SENT_MS = 60_000;

describe('a boot on a cloud that traces', () => {
  let receiver: OtlpReceiver;
  let own: OwnCloud;
  let spans: ReceivedSpan[];
  /** What a client sends along. */
  const trace = 'c0ffee'.padStart(32, '1');
  const caller = 'f00d'.padStart(16, '2');
  beforeAll(async () => {
    receiver = await OtlpReceiver.listen();
    own = await startCloud(
      { NOVAFLOW_HYPERVISOR: 'qemu', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint },
      'novaflow-traces-',
    );
    const tenant = await Tenant.make(own.at);
    await inject(own.at, {
      project: tenant.api.projectId,
      step: 'spawnServer',
      phase: 'before',
      kind: 'error',
      times: 1,
    });
    const headers = { traceparent: `00-${trace}-${caller}-01` };
    const { body } = await tenant.api.request<{ server: { id: string } }>(
      'POST',
      '/compute/v2.1/servers',
      tenant.server({ config_drive: true }),
      headers,
    );
    const { server } = body;
    await tenant.settled(server.id);
    // Each process sends its own spans: that of the operation, the host's last, and that of the host's question.
    const ofBoot = (): ReceivedSpan[] => receiver.spans.filter((span) => span.trace === trace);
    const complete = (): boolean =>
      ['POST /compute/v2.1/servers', 'bootServer', 'QMP query-status', 'GET /internal/servers/:id/guest-data'].every(
        (name) => ofBoot().some((span) => span.name === name),
      );
    await until(() => Promise.resolve(complete() || undefined), 100, SENT_MS);
    spans = ofBoot();
    await tenant.delete(server.id);
  });
  afterAll(async () => {
    await own.stop();
    await receiver[Symbol.asyncDispose]();
  });
  const one = (name: string): ReceivedSpan => {
    const found = spans.filter((span) => span.name === name);
    expect(found).toHaveLength(1);
    return found[0]!;
  };
  const partsOf = (whole: ReceivedSpan): ReceivedSpan[] =>
    spans.filter((span) => span.parent === whole.id).toSorted((a, b) => a.from - b.from);

  it('is one trace, that of its client: the request, the start, the workflow and each attempt of each step in order', () => {
    const request = one('POST /compute/v2.1/servers');
    expect(request).toMatchObject({ service: 'novaflow-api', parent: caller });
    expect(request.attributes['http.response.status_code']).toBe('202');
    const start = one('start bootServer');
    expect(start.parent).toBe(request.id);
    const boot = one('bootServer');
    expect(boot).toMatchObject({ service: 'novaflow-conductor', parent: start.id, error: undefined });
    const steps = partsOf(boot);
    expect(steps.map(({ name }) => name).toSorted()).toEqual([
      'activateServer',
      'allocateNetwork',
      'fetchImage',
      'scheduleServer',
      'spawnServer',
      'spawnServer',
      'validateToken',
    ]);
    expect(steps[0]?.name).toBe('scheduleServer');
    expect(
      steps
        .slice(4)
        .map(({ name, service, error, attributes }) => [name, service, error, attributes['novaflow.attempt']]),
    ).toEqual([
      ['spawnServer', 'novaflow-compute+volume+network', 'injected error before spawnServer', '1'],
      ['spawnServer', 'novaflow-compute+volume+network', undefined, '2'],
      ['activateServer', 'novaflow-conductor', undefined, '1'],
    ]);
    for (const step of steps) expect(step.to).toBeLessThanOrEqual(boot.to);
  });

  it('with the transactions of the request and of the conductor’s steps, and the commands to QEMU, below what sends them', () => {
    const second = spans.find((span) => span.name === 'spawnServer' && span.error === undefined);
    const commands = spans.filter((span) => span.name.startsWith('QMP '));
    expect(commands.map(({ name }) => name)).toContain('QMP query-status');
    for (const command of commands) expect(command.parent).toBe(second?.id);
    const texts = partsOf(one('allocateNetwork')).map(({ attributes }) => attributes['db.query.text']);
    expect(texts).toContainEqual(expect.stringMatching(/^BEGIN.*; COMMIT$/));
    expect(partsOf(one('POST /compute/v2.1/servers')).map(({ name }) => name)).toContain('SQL');
    // What the host asks the api in the course of a step is a part of that step.
    expect(one('GET /internal/servers/:id/guest-data')).toMatchObject({ service: 'novaflow-api', parent: second?.id });
  });

  it('and every span has its parent in the trace, but for the request, whose parent is the client’s', () => {
    const known = new Set([caller, ...spans.map(({ id }) => id)]);
    expect(spans.filter(({ parent }) => parent === undefined || !known.has(parent))).toEqual([]);
  });
});
