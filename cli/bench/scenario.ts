import type pg from 'pg';
import type { Api, Login } from '#apps/standalone/api';
import type { Cloud } from '#apps/standalone/cloud';
import type { Bare } from './bare.js';
import type { Boots } from './boots.js';
import type { Memory } from './memory.js';

/** Production's code on a fake hypervisor, whose guests cost nothing. */
export const SETTINGS: Readonly<Record<string, string>> = {
  NOVAFLOW_HYPERVISOR: 'fake',
  NOVAFLOW_MODE: 'production',
  NOVAFLOW_LOG_LEVEL: process.env['NOVAFLOW_LOG_LEVEL'] ?? 'warn',
};

/** What a scenario measures with. */
export interface Bench {
  readonly cloud: Cloud;
  readonly api: Api;
  readonly login: Login;
  readonly boots: Boots;
  readonly bare: Bare;
  /** The control plane's database, to plant what would take hours to make, and to count statements. */
  readonly db: pg.Client;
  readonly options: BenchOptions;
  readonly say: (line: string) => void;
}
export interface BenchOptions {
  /** How many of each, where a scenario does not say otherwise. */
  readonly single: number;
  readonly burst: number;
  readonly concurrency: number;
  readonly rounds: number;
  /** Seconds of the sustained run and of each side of it. */
  readonly seconds: number;
  /** Seconds of the overload. */
  readonly overloadSeconds: number;
}
/** What a scenario found: a table, a sentence or two about it, and figures for machines. */
export interface Finding {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  readonly says: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
  /** SVG by name. */
  readonly charts?: Readonly<Record<string, string>>;
}
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly run: (bench: Bench) => Promise<Finding>;
}

/** What a run found, with where it was found. */
export interface Run {
  readonly machine: string;
  /** What is not as `npm start` has it, and how much of each scenario was run. */
  readonly settings: Readonly<Record<string, string | number>>;
  readonly date: string;
  readonly memory: Memory;
  readonly findings: readonly { name: string; title: string; finding: Finding }[];
  readonly leaks: number;
}

/** Two decimals. */
export const ratio = (a: number, b: number): number => Math.round((a / b) * 100) / 100;
