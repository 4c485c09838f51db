/** Work that says when it has begun, and ends when it is told. */
export function work(log: string[], name: string) {
  let end = (): void => undefined;
  let fail: (error: Error) => void = () => undefined;
  const told = new Promise<void>((resolve, reject) => {
    [end, fail] = [resolve, reject];
  });
  const run = async (): Promise<string> => {
    log.push(name);
    await told;
    return name;
  };
  return { run, end, fail };
}
/** All that is ready to run has run. */
export const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
