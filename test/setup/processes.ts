import { readFile, readdir } from 'node:fs/promises';

/** The QEMU process of a server, wherever it was started; undefined when none runs. */
export async function processOf(serverId: string): Promise<number | undefined> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(`\0-uuid\0${serverId}\0`)) return Number(pid);
  }
  return undefined;
}

/** What the system says of a process: the words of each line of /proc/<pid>/status by the line's name. */
export async function statusOf(pid: number): Promise<Record<string, string[]>> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  return Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name = '', words = '']) => [name, words.trim().split(/\s+/)]),
  );
}
