import { share, text } from './setting.js';

/** Traces (OpenTelemetry). Other settings of its exporter are OpenTelemetry's own variables: OTEL_EXPORTER_OTLP_HEADERS and so on. */
export const tracing = {
  endpoint: text(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    '',
    'Where traces are sent, by OTLP over HTTP: http://127.0.0.1:4318, say. Empty sends none, and nothing of OpenTelemetry’s SDK is loaded.',
  ),
  sample: share(
    'OTEL_TRACES_SAMPLER_ARG',
    1,
    'Share of the requests that are traced, 0 to 1, of those that belong to no trace yet; one that does is traced if its caller’s is.',
  ),
};
