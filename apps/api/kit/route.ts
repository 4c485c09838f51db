import { Req, type Type } from '@nestjs/common';

/** Decorates a method as decorators in the source would. The request is always its first parameter. */
export function route(
  of: Type,
  method: string,
  decorators: readonly MethodDecorator[],
  parameters: readonly ParameterDecorator[],
): void {
  const prototype = of.prototype as object;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, method)!;
  [Req(), ...parameters].forEach((decorate, index) => decorate(prototype, method, index));
  for (const decorate of decorators) decorate(prototype, method, descriptor);
}
