import type { FastifyReply } from 'fastify';
import type { Aggregated, Answered, Nested, Result, ResourceType } from '#services/gnocchi/index';
import { measuresView, metricDetails, resourceView } from './view.js';

const nestedView = (nested: Nested): object =>
  Object.fromEntries(
    Object.entries(nested).map(([name, inner]) => [
      name,
      Array.isArray(inner) ? measuresView(inner) : nestedView(inner),
    ]),
  );
const isAggregated = (result: Result): result is { aggregated: Answered[] } => Array.isArray(result['aggregated']);

/** What operations came to. @param types of the resources that it was made of */
export function aggregatedView(
  { measures, metrics, resources }: Aggregated,
  details: boolean,
  types: readonly ResourceType[],
) {
  const view = isAggregated(measures) ? { aggregated: measuresView(measures.aggregated) } : nestedView(measures);
  if (!details) return { measures: view };
  const references =
    metrics?.map((metric) => metricDetails(metric, null)) ??
    resources?.map((row) =>
      resourceView(
        row,
        types.find(({ name }) => name === row.type),
      ),
    ) ??
    [];
  return { measures: view, references };
}

/** No body and no path holds a NUL, so no text that is answered begins so. JSON writes it as an escape. */
const MARK = '\0';
const MARKED = /"\\u0000(NaN|-?Infinity)"/g;
const spelled = (value: number): string => (Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity');

/**
 * Answers with the numbers that JSON has no words for as Python writes and reads them, and Gnocchi with it: NaN where a series has no
 * value, Infinity for what was divided by zero.
 */
export function sendNumbers(reply: FastifyReply, view: object): string {
  void reply.type('application/json');
  const text = JSON.stringify(view, (_, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? `${MARK}${spelled(value)}` : value,
  );
  return text.replaceAll(MARKED, '$1');
}
