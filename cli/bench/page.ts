import type { Finding, Run } from './scenario.js';

/** A run as text for a terminal. */
export function printed({ findings, memoryMb, leaks }: Run): string {
  const blocks = findings.map(({ title, finding }) => {
    const widths = finding.columns.map((column, i) =>
      Math.max(column.length, ...finding.rows.map((row) => String(row[i] ?? '').length)),
    );
    const line = (cells: readonly (string | number)[]): string =>
      `  ${cells.map((cell, i) => (i === 0 ? String(cell).padEnd(widths[i]!) : String(cell).padStart(widths[i]! + 2))).join('')}`;
    return [`\n  ${title}`, line(finding.columns), ...finding.rows.map(line), ...finding.says.map((s) => `  ${s}`)];
  });
  return [...blocks.flat(), '', `  Idle memory: ${memoryText(memoryMb)}. Leaks: ${leaks}.`].join('\n');
}

const memoryText = (memoryMb: Run['memoryMb']): string =>
  `${memoryMb['total'] ?? 0} MB (${Object.entries(memoryMb)
    .filter(([name]) => name !== 'total')
    .map(([name, mb]) => `${name} ${mb}`)
    .join(', ')})`;

function tableOf({ columns, rows, says, charts }: Finding): string[] {
  return [
    `| ${columns.join(' | ')} |`,
    `| ${columns.map(() => '---').join(' | ')} |`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
    ...says.flatMap((s) => [s, '']),
    ...Object.keys(charts ?? {}).flatMap((name) => [`![${name}](performance/${name}.svg)`, '']),
  ];
}

/** The same as docs/performance.md. */
export function pageOf(run: Run): string {
  return [
    '# Performance',
    '',
    '<!-- Made by npm run bench -- --page; run it again instead of changing this. -->',
    '',
    `One run of \`npm run bench\` of ${run.date}, on ${run.machine}. Servers boot through the HTTP API on the fake hypervisor; the client that measures shares the machine. The bare workflow is what boots are measured against: seven no-op activities, three side by side, on the same Temporal server and in turns with the boots. Milliseconds go with the machine; ratios less so.`,
    '',
    `Settings: ${Object.entries(run.settings)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}; all others as \`npm start\` has them.`,
    '',
    `Idle memory: ${memoryText(run.memoryMb)}, resident sets added up, so that pages which processes share count more than once. Orphans after all of it: ${run.leaks}.`,
    '',
    ...run.findings.flatMap(({ title, finding }) => [`## ${title}`, '', ...tableOf(finding)]),
  ].join('\n');
}
