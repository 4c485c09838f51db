import { tracingChannel } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTracing, type Tracing } from '#apps/tracing/index';
import { OtlpReceiver, type ReceivedSpan } from '#cli/trace/receiver';
import { ROOT, loadConfig } from '#config';
import { onBehalfOf, onNobodysBehalf } from '#services/kernel/log-context';

const PROGRAMS = path.join(ROOT, 'dist/programs');
const TRACE = 'a'.repeat(32);
const PARENT = `00-${TRACE}-${'b'.repeat(16)}-01`;

describe('a process that traces', () => {
  let receiver: OtlpReceiver;
  beforeAll(async () => {
    receiver = await OtlpReceiver.listen();
  });
  afterAll(() => receiver[Symbol.asyncDispose]());

  /** What is received of what is done, once all of it is sent. */
  async function received(work: (tracing: Tracing) => unknown, share = '1'): Promise<ReceivedSpan[]> {
    receiver.spans.length = 0;
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_TRACES_SAMPLER_ARG: share };
    const tracing = await startTracing(loadConfig(env), 'test');
    await work(tracing!);
    await tracing!.close();
    return [...receiver.spans];
  }

  it('goes on with the trace of its caller, and says how each span ended', async () => {
    const spans = await received((tracing) => {
      const outer = tracing.begin('outer', { kind: 'server', parent: PARENT, attributes: { step: 1 } });
      tracing.begin('inner', { parent: outer!.traceparent, id: '0123456789abcdef' })!.end({ error: 'no disk' });
      outer!.end();
    });
    const [inner, outer] = spans;
    expect(inner).toMatchObject({ name: 'inner', trace: TRACE, id: '0123456789abcdef', error: 'no disk' });
    expect(outer).toMatchObject({ name: 'outer', trace: TRACE, parent: 'b'.repeat(16), service: 'novaflow-test' });
    expect(outer?.attributes).toEqual({ step: '1' });
    expect(inner?.parent).toBe(outer?.id);
  });

  it('begins a trace of its own where the caller names none that can be read', async () => {
    const wrong = [
      undefined,
      '',
      'x',
      PARENT.toUpperCase(),
      `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`,
      `${PARENT}-01`,
    ];
    const spans = await received((tracing) => {
      for (const parent of wrong) tracing.begin('root', { parent })!.end();
    });
    expect(spans).toHaveLength(wrong.length);
    for (const span of spans) expect(span).toMatchObject({ parent: undefined });
    expect(new Set(spans.map((span) => span.trace)).size).toBe(wrong.length);
  });

  it('takes down what its caller does, and of what begins here the share that is asked for', async () => {
    const spans = await received((tracing) => {
      expect(tracing.begin('not sampled', { parent: PARENT.replace(/01$/, '00') })).toBeUndefined();
      expect(tracing.begin('not in the share', {})).toBeUndefined();
      tracing.begin('sampled', { parent: PARENT })!.end();
    }, '0');
    expect(spans.map((span) => span.name)).toEqual(['sampled']);
  });

  it('asks the sampler that OTEL_TRACES_SAMPLER names', async () => {
    const begun = async (sampler: string): Promise<string[]> => {
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_TRACES_SAMPLER: sampler };
      const tracing = await startTracing(loadConfig({ ...env, OTEL_TRACES_SAMPLER_ARG: '0.5' }), 'test');
      const parents = {
        root: undefined,
        'of a traced one': PARENT,
        'of another': PARENT.replace(/01$/, '00'),
        // By their ids, the first of these traces is not in a half of all, and the second is.
        'of the first half': `00-${'7'.repeat(32)}-${'b'.repeat(16)}-01`,
        'of the second half': `00-${'8'.repeat(32)}-${'b'.repeat(16)}-00`,
      };
      const names = Object.entries(parents).flatMap(([name, parent]) =>
        tracing!.begin(name, { parent }) ? [name] : [],
      );
      await tracing!.close();
      return names;
    };
    const all = ['root', 'of a traced one', 'of another', 'of the first half', 'of the second half'];
    expect(await begun('always_on')).toEqual(all);
    expect(await begun('always_off')).toEqual([]);
    expect(await begun('parentbased_always_on')).toEqual(['root', 'of a traced one', 'of the first half']);
    expect(await begun('parentbased_always_off')).toEqual(['of a traced one', 'of the first half']);
    const byId = await begun('traceidratio');
    expect(byId.filter((name) => name !== 'root')).toEqual(['of a traced one', 'of another', 'of the second half']);
    const byParent = await begun('parentbased_traceidratio');
    expect(byParent.filter((name) => name !== 'root')).toEqual(['of a traced one', 'of the first half']);
  });

  it('takes down its share of the traces that begin with it', async () => {
    const spans = await received((tracing) => {
      for (let i = 0; i < 2_000; i++) tracing.begin('root', {})?.end();
    }, '0.1');
    // Five standard deviations of a binomial distribution to each side.
    expect(spans.length).toBeGreaterThan(130);
    expect(spans.length).toBeLessThan(270);
  });

  it('sends what it is told in time and in order, of whatever letters', async () => {
    const before = Date.now();
    const [span] = await received(async (tracing) => {
      const open = tracing.begin('"quoted"\n\u0000 – ü', {
        attributes: { text: '\\"\u2028', share: 0.25, none: undefined },
      });
      await new Promise((resolve) => setTimeout(resolve, 5));
      open!.end({ attributes: { count: 3 } });
    });
    expect(span).toMatchObject({
      name: '"quoted"\n\u0000 – ü',
      attributes: { text: '\\"\u2028', share: '0.25', count: '3' },
    });
    expect(span!.to - span!.from).toBeGreaterThan(4);
    expect(span!.from).toBeGreaterThan(before - 100);
    expect(span!.to).toBeLessThan(Date.now() + 100);
  });

  it('hears of drivers and of the pool what is a part of something traced, and nothing else', async () => {
    const channel = tracingChannel<string, { name: string }>('novaflow.qmp');
    const done = (name: string): Promise<void> => channel.tracePromise(() => Promise.resolve(), { name });
    const fails = (): Promise<unknown> =>
      channel.tracePromise(() => Promise.reject(new Error('refused')), { name: 'QMP stop' }).catch(() => undefined);
    const spans = await received(async () => {
      await done('QMP of nobody');
      await onBehalfOf({ requestId: 'req-1' }, () => done('QMP of an untraced step'));
      await onBehalfOf({ traceparent: PARENT }, async () => {
        await done('QMP cont');
        await fails();
        await onNobodysBehalf(() => done('QMP for several'));
      });
    });
    // Those that this file began before listen too, and are closed.
    expect(spans.map(({ name, error }) => [name, error])).toEqual([
      ['QMP cont', undefined],
      ['QMP stop', 'refused'],
    ]);
  });
});

describe('a process that does not trace', () => {
  it('has no tracing, and no program loads OpenTelemetry’s exporter before it is asked for', async () => {
    expect(await startTracing(loadConfig({}), 'test')).toBeUndefined();
    for (const program of ['api.js', 'worker.js', 'up.js']) {
      const loaded = closure(program);
      expect(loaded.size).toBeGreaterThan(1);
      for (const file of loaded)
        expect(readFileSync(path.join(PROGRAMS, file), 'utf8')).not.toContain('OTLPExportDelegate');
    }
    // The test looks for what it would find.
    expect(readFileSync(path.join(PROGRAMS, 'worker.otlp.js'), 'utf8')).toContain('OTLPExportDelegate');
  });
});

/** A bundle and all that it imports when it is loaded: `import(…)` is not among it. */
function closure(program: string, found = new Set<string>()): Set<string> {
  if (found.has(program)) return found;
  found.add(program);
  const code = readFileSync(path.join(PROGRAMS, program), 'utf8');
  for (const [, file] of code.matchAll(/^(?:import|export)\b[^;]*?["']\.\/([^"']+\.js)["'];?$/gm))
    closure(file!, found);
  return found;
}
