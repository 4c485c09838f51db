/**
 * A parsed check of oslo.policy's expression language (docs: oslo.policy, "Policy rule expressions"). A check compares
 * what a caller is (the credentials) with what the caller works on (the target).
 */
export type Check =
  /** `@` and the empty rule: everybody. */
  | { readonly kind: 'always' }
  /** `!`: nobody. */
  | { readonly kind: 'never' }
  | { readonly kind: 'not'; readonly check: Check }
  | { readonly kind: 'and' | 'or'; readonly checks: readonly Check[] }
  /** `rule:NAME`: what another rule of the same service says. */
  | { readonly kind: 'rule'; readonly name: string }
  /** `role:NAME`: the caller has the role; capitals do not matter. */
  | { readonly kind: 'role'; readonly role: Template }
  /** `'public':%(visibility)s`: a constant of the rule and the target are the same text. */
  | { readonly kind: 'constant'; readonly constant: string; readonly value: Template }
  /** `project_id:%(project_id)s`: an attribute of the caller and the target are the same text. */
  | { readonly kind: 'attribute'; readonly path: string; readonly value: Template }
  /** `is_admin:True`: the caller is what the service's rule `context_is_admin` says, or is not. */
  | { readonly kind: 'is_admin'; readonly value: Template }
  /** Neutron's `field:networks:shared=True`: an attribute of the target has a value, or matches a pattern. */
  | {
      readonly kind: 'field';
      readonly resource: string;
      readonly field: string;
      readonly value: string;
      readonly pattern?: RegExp;
    };

/** Text with places for the target's attributes: constants and names take turns, beginning with a constant. */
export interface Template {
  readonly constants: readonly string[];
  readonly keys: readonly string[];
}

/** Every check in a check, itself among them. */
export function* within(check: Check): Generator<Check> {
  yield check;
  if (check.kind === 'not') yield* within(check.check);
  else if (check.kind === 'and' || check.kind === 'or') for (const one of check.checks) yield* within(one);
}
