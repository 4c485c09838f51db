/** What came of the cells of the failure matrix, as text and as a page of the docs. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '#config';
import { CELLS, COLUMNS, ROWS, type Cell } from './columns.js';

const FAILED = '✘';
const WORDS = { done: 'done', error: 'undone', gone: 'gone' } as const;

export const keyOf = ({ row, column }: Cell): string => `${row.operation}.${row.step} ${column.title}`;

export class Report {
  private readonly outcome = new Map<string, string>();
  private readonly began = Date.now();

  /** Runs a cell and notes what came of it. @throws what the cell did */
  async of(cell: Cell, run: () => Promise<void>): Promise<void> {
    this.outcome.set(keyOf(cell), FAILED);
    await run();
    this.outcome.set(keyOf(cell), WORDS[cell.column.end(cell.row)]);
  }

  /** Prints the matrix, and writes its page where that is asked for (npm run test:matrix). */
  async write(): Promise<void> {
    const failed = [...this.outcome].filter(([, o]) => o === FAILED).map(([key]) => key);
    const summary = `${this.outcome.size} of ${CELLS.length} cells run, ${failed.length} failed.`;
    const lines = COLUMNS.map((column, i) => `${String(i + 1).padStart(2)}  ${column.title}`);
    const width = Math.max(...ROWS.map((r) => nameOf(r).length));
    const table = ROWS.map(
      (row) => `${nameOf(row).padEnd(width)}  ${COLUMNS.map((c) => this.cellOf(row, c).padEnd(8)).join('')}`,
    );
    const head = `${''.padEnd(width)}  ${COLUMNS.map((_, i) => String(i + 1).padEnd(8)).join('')}`;
    const seconds = Math.round((Date.now() - this.began) / 1000);
    console.log(
      ['', ...lines, '', head, ...table, '', `${summary} ${seconds} s.`, ...failed.map((f) => `  ${FAILED} ${f}`)].join(
        '\n',
      ),
    );
    if (process.env['NOVAFLOW_MATRIX_PAGE'] === undefined) return;
    const file = path.join(ROOT, 'docs/contributors/failure-matrix.md');
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, this.page(summary));
  }

  private page(summary: string): string {
    return [
      '# The failure matrix',
      '',
      '<!-- Made by npm run test:matrix; run it again instead of changing this. -->',
      '',
      `Every step of every workflow, failed in every way, on real clouds: with the fake hypervisor, and with QEMU where its driver is killed in the middle. ${summary} Run of ${new Date().toISOString().slice(0, 10)}.`,
      '',
      '`done`: tried again, and it ended as asked. `undone`: all is taken back; a server whose boot failed is in `ERROR` with the step in its fault, a volume in `error`, and a server whose action failed is as it was. `gone`: it was deleted, and nothing is left. `=`: the cell is that of the same step with the same undo in another operation. Empty: the column makes no sense for the step.',
      '',
      ...COLUMNS.map((column, i) => `${i + 1}. ${column.title}`),
      '',
      `| step | ${COLUMNS.map((_, i) => i + 1).join(' | ')} |`,
      `| --- | ${COLUMNS.map(() => '---').join(' | ')} |`,
      ...ROWS.map((row) => `| \`${nameOf(row)}\` | ${COLUMNS.map((c) => this.cellOf(row, c)).join(' | ')} |`),
      '',
      'Failures that are not of one step have tests of their own: all slots of a worker taken by steps that wait',
      '(`test/failure-injection/matrix.test.ts`), one of two volume backends (`test/flow/two-backends.test.ts`), the api killed in the',
      'middle of an upload (`test/flow/upload-killed.test.ts`), a host that never comes back (`test/flow/host-gone.test.ts`).',
      '',
    ].join('\n');
  }

  private cellOf(row: Cell['row'], column: Cell['column']): string {
    if (!column.applies(row)) return '';
    const has = CELLS.some((cell) => cell.row === row && cell.column === column);
    return has ? (this.outcome.get(keyOf({ row, column })) ?? 'not run') : '=';
  }
}

const nameOf = ({ operation, step }: Cell['row']): string => `${operation}.${step}`;
