import { useQuery } from '@tanstack/react-query';
import { useMemo, type ReactNode } from 'react';
import type { Alarm } from '../../api/alarms.js';
import { valuesQuery } from '../../api/telemetry.js';
import { ChartPanel } from '../../charts/chart-panel.js';
import type { Series } from '../../charts/series.js';
import { asText } from '../../ui/as-text.js';
import { conditionOf, sourceOf, subjectOf, thresholdsOf, type ThresholdRule } from './rule.js';

/** Values that a chart shows beside those that the rule compares, so that one sees what came before. */
const SHOWN = 120;

function RuleChart({ of }: { readonly of: ThresholdRule }): ReactNode {
  const granularity = Number(of.rule['granularity']);
  const seconds = granularity * Math.max(SHOWN, Number(of.rule['evaluation_periods']) + 1);
  const { data, error } = useQuery(valuesQuery(sourceOf(of), { seconds, granularity }));
  const label = asText(of.rule['aggregation_method']);
  const series = useMemo((): readonly Series[] | undefined => data && [{ label, points: data.points }], [data, label]);
  const threshold = Number(of.rule['threshold']);
  const thresholds = useMemo(() => [threshold], [threshold]);
  return (
    <ChartPanel
      title={`${subjectOf(of)}: ${conditionOf(of)}`}
      series={series}
      unit=""
      thresholds={thresholds}
      from={data?.from ?? 0}
      to={data?.to ?? seconds}
      error={error}
    />
  );
}

/** What an alarm compares with its threshold: one chart for each rule of a composite one, none for events. */
export const AlarmCharts = ({ alarm }: { readonly alarm: Alarm }): ReactNode =>
  thresholdsOf(alarm).map((one) => <RuleChart key={JSON.stringify(one)} of={one} />);
