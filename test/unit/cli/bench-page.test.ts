import { describe, expect, it } from 'vitest';
import { pageOf, pageWith } from '#cli/bench/page';
import type { Run } from '#cli/bench/scenario';

const run = (date: string, titles: readonly string[], value: number): Run => ({
  machine: `a machine of ${date}`,
  settings: { rounds: value },
  date,
  memory: { each: { api: 150 }, total: 600, resident: 700 },
  findings: titles.map((title) => ({
    name: title,
    title,
    finding: { columns: ['', 'ms'], rows: [[title, value]], says: [`${title} says ${value}.`], figures: {} },
  })),
  leaks: 0,
});

describe('the page of figures', () => {
  const whole = pageOf(run('2026-01-01', ['Boot', 'Tokens', 'Lists'], 1));

  it('takes what a run of some scenarios found in their places, says of which run it is, and keeps the rest', () => {
    const page = pageWith(whole, run('2026-02-02', ['Tokens', 'New'], 2));
    expect(page.match(/^## .*$/gm)).toEqual(['## Boot', '## Tokens', '## Lists', '## New']);
    expect(page).toContain('One run of `npm run bench` of 2026-01-01');
    expect(page).toContain('## Tokens\n\nOf a run of 2026-02-02, on a machine of 2026-02-02. Settings: rounds 2;');
    expect(page).toContain('| Tokens | 2 |');
    expect(page).not.toContain('Tokens says 1.');
    expect(page).toContain('Boot says 1.');
    expect(page).toMatch(/New says 2\.\n$/);
  });

  it('changes nothing else when the same is written again', () => {
    const some = run('2026-02-02', ['Boot', 'New'], 2);
    const once = pageWith(whole, some);
    expect(pageWith(once, some)).toBe(once);
  });
});
