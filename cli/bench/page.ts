import type { Finding, Run } from './scenario.js';

/** A run as text for a terminal. */
export function printed({ findings, memory, leaks }: Run): string {
  const blocks = findings.map(({ title, finding }) => {
    const widths = finding.columns.map((column, i) =>
      Math.max(column.length, ...finding.rows.map((row) => String(row[i] ?? '').length)),
    );
    const line = (cells: readonly (string | number)[]): string =>
      `  ${cells.map((cell, i) => (i === 0 ? String(cell).padEnd(widths[i]!) : String(cell).padStart(widths[i]! + 2))).join('')}`;
    return [`\n  ${title}`, line(finding.columns), ...finding.rows.map(line), ...finding.says.map((s) => `  ${s}`)];
  });
  return [...blocks.flat(), '', `  Idle memory: ${memoryText(memory)}. Leaks: ${leaks}.`].join('\n');
}

const memoryText = ({ each, total, resident }: Run['memory']): string =>
  `${total} MB (${Object.entries(each)
    .map(([name, mb]) => `${name} ${mb}`)
    .join(', ')}), shared pages divided among those that share them; ${resident} MB as resident sets added up`;

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
    settingsOf(run),
    '',
    `Idle memory: ${memoryText(run.memory)}. Orphans after all of it: ${run.leaks}.`,
    '',
    ...run.findings.flatMap(sectionOf),
  ].join('\n');
}

/** The page with the scenarios of a run of some of them put in the place of what it says of them: each says of which run it is. */
export function pageWith(page: string, run: Run): string {
  const [head = '', ...sections] = page.split(/^(?=## )/m);
  const titleOf = (section: string): string | undefined => /^## (.*)$/m.exec(section)?.[1];
  for (const found of run.findings) {
    const [title, blank, ...rest] = sectionOf(found);
    const section = [title, blank, `Of a run of ${run.date}, on ${run.machine}. ${settingsOf(run)}`, '', ...rest].join(
      '\n',
    );
    const at = sections.findIndex((there) => titleOf(there) === found.title);
    if (at === -1) sections.push(`\n${section}`);
    else sections[at] = section;
  }
  return [head, ...sections].map((part) => part.trim()).join('\n\n') + '\n';
}

const sectionOf = ({ title, finding }: Run['findings'][number]): string[] => [`## ${title}`, '', ...tableOf(finding)];

const settingsOf = ({ settings }: Run): string =>
  `Settings: ${Object.entries(settings)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')}; all others as \`npm start\` has them.`;
