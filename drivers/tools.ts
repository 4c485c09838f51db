import { access, constants } from 'node:fs/promises';
import path from 'node:path';

const found = new Map<string, Promise<boolean>>();

/** Whether a program is on the PATH. Asked once per process: who installs one restarts the role. */
export function hasTool(name: string): Promise<boolean> {
  let answer = found.get(name);
  if (!answer) {
    answer = Promise.all(
      (process.env['PATH'] ?? '').split(':').map((directory) =>
        access(path.join(directory, name), constants.X_OK).then(
          () => true,
          () => false,
        ),
      ),
    ).then((answers) => answers.includes(true));
    found.set(name, answer);
  }
  return answer;
}
