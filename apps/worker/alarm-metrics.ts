import { Counter } from 'prom-client';
import type { Fate } from '#services/aodh/index';

const notifications = new Counter({
  name: 'novaflow_alarm_notifications_total',
  help: 'What this process has told of alarms, by how it went: delivered, retried, given up.',
  labelNames: ['fate'],
});

export const countNotification = (fate: Fate): void => notifications.inc({ fate });
