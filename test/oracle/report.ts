import type { RecordedAnswer } from '#apps/recorder/answers';
import type { Finding } from './schemas.js';

interface Mistake {
  readonly finding: Finding;
  readonly minors: Set<number>;
  count: number;
  readonly example: RecordedAnswer;
}

/** What came of judging a run's answers: each mistake once, with where it was seen. */
export class Report {
  private readonly mistakes = new Map<string, Mistake>();
  private readonly minors = new Set<number>();
  private distinct = 0;
  private successes = 0;
  private repeated = 0;
  private described = 0;

  /**
   * @param service whose answers they are
   * @param released what they are held against
   */
  constructor(
    private readonly service: RecordedAnswer['service'],
    private readonly released: string,
  ) {}

  /** @param described whether the service has a schema for the answer; there are routes without */
  add(record: RecordedAnswer, findings: readonly Finding[], described = true): void {
    this.distinct += 1;
    if (record.status < 300) {
      this.successes += 1;
      if (described) this.described += 1;
      this.minors.add(record.minor);
    }
    for (const finding of findings) {
      // The value is no part of the mistake: a list of a hundred servers without a field is one.
      const key = `${finding.route} ${finding.what.replace(/ \(is .*\)$/s, '')}`;
      const mistake = this.mistakes.get(key) ?? { finding, minors: new Set(), count: 0, example: record };
      mistake.minors.add(record.minor);
      mistake.count += 1;
      this.mistakes.set(key, mistake);
    }
  }

  /** An answer that is the same as one before, to the same request. */
  again(): void {
    this.repeated += 1;
  }

  summary(): string {
    const all = this.distinct + this.repeated;
    const at = this.minors.size > 1 ? ` at ${this.minors.size} microversions` : '';
    const some = this.described < this.successes ? ` (${this.described} with a schema of the body)` : '';
    return `${all} ${this.service} answers, ${this.distinct} of them different: ${this.successes} successes${at}${some} held against ${this.released}, ${this.mistakes.size} mistakes`;
  }

  /** Every mistake in words; empty when there is none. */
  wrong(): string {
    const texts = [...this.mistakes.values()].map(({ finding, minors, count, example }) => {
      const { method, url, minor, status, asked, answer } = example;
      const versioned = this.service === 'compute';
      const place = versioned ? `, at 2.${ranges(minors).join(', 2.')}` : '';
      const sent = asked === undefined ? '' : ` ${JSON.stringify(asked).slice(0, 300)}`;
      return `${finding.route}${place}, ${count} times: ${finding.what}\n    for example ${method} ${url}${versioned ? ` at 2.${minor}` : ''}${sent}: ${status} ${answer.slice(0, 300)}`;
    });
    return texts.toSorted().join('\n');
  }
}

/** 1, 2, 3, 7 as 1–3 and 7. */
function ranges(minors: ReadonlySet<number>): string[] {
  const sorted = [...minors].toSorted((a, b) => a - b);
  const starts = sorted.filter((m) => !minors.has(m - 1));
  const ends = sorted.filter((m) => !minors.has(m + 1));
  return starts.map((start, i) => (start === ends[i] ? `${start}` : `${start}–${ends[i]}`));
}
