/** npm run trace: boots a server on a cloud of its own that is traced, and draws the trace: docs/images/trace.svg. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '#config';
import { Api } from '#apps/standalone/api';
import { onScratchCloud } from '#apps/standalone/scratch';
import { findTiny, tinyServer } from '#apps/standalone/tiny-server';
import { until } from '../bench/measure.js';
import { draw } from './draw.js';
import { OtlpReceiver } from './receiver.js';

/** A batch of spans is sent every two seconds (apps/tracing); the last of a boot come with the next one. */
const SENT_MS = 30_000;

/** QEMU without KVM takes a second or two. */
const BOOT_MS = 60_000;

async function main(): Promise<void> {
  await using receiver = await OtlpReceiver.listen();
  const settings = { NOVAFLOW_HYPERVISOR: 'qemu', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint };
  await onScratchCloud(settings, async ({ admin }) => {
    const api = await Api.login(admin);
    const body = tinyServer(await findTiny(api), 'image', { name: 'traced' });
    // The first boot fetches the image and warms everything up; the second is drawn.
    for (const _ of [1, 2]) {
      const { server } = await api.call<{ server: { id: string } }>('POST', '/compute/v2.1/servers', body);
      await until(
        async () =>
          (await api.call<{ server: { status: string } }>('GET', `/compute/v2.1/servers/${server.id}`)).server
            .status === 'ACTIVE' || undefined,
        100,
        BOOT_MS,
      );
    }
    const boots = () => receiver.spans.filter(({ name }) => name === 'bootServer');
    const boot = await until(() => Promise.resolve(boots().length === 2 ? boots()[1] : undefined), 100, SENT_MS);
    const ofBoot = () => receiver.spans.filter(({ trace }) => trace === boot.trace);
    // Each process sends its own.
    const services = () => new Set(ofBoot().map(({ service }) => service));
    await until(() => Promise.resolve(services().size === 3 || undefined), 100, SENT_MS);
    const file = path.join(ROOT, 'docs/images/trace.svg');
    await writeFile(file, draw('One boot: the request, its workflow, each step, and their SQL and QMP', ofBoot()));
    console.log(`${ofBoot().length} spans: ${file}`);
  });
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
