import { oneOf, share, text } from './setting.js';

/** Traces (OpenTelemetry). Other settings of its exporter are OpenTelemetry's own variables: OTEL_EXPORTER_OTLP_HEADERS and so on. */
export const tracing = {
  endpoint: text(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    '',
    'Where traces are sent, by OTLP over HTTP: http://127.0.0.1:4318, say. Empty sends none, and nothing of OpenTelemetry’s SDK is loaded.',
  ),
  sampler: oneOf(
    'OTEL_TRACES_SAMPLER',
    [
      'parentbased_traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'traceidratio',
      'always_on',
      'always_off',
    ],
    'Which requests are traced. Those that begin with parentbased_ ask it of requests that belong to no trace yet; one that does is traced if its caller’s is.',
  ),
  sample: share(
    'OTEL_TRACES_SAMPLER_ARG',
    1,
    'Share of the traces that a traceidratio takes down, 0 to 1; which ones tells a trace’s id, to every process alike.',
  ),
};
