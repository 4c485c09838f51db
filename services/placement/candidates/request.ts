import type { Resources } from '../allocations.js';

/** What one group of a request asks for (placement/lib.py: RequestGroup). */
export interface Group {
  /** What the names of its parameters end in. The group without one may be spread over a tree; each other is of one provider. */
  readonly suffix: string;
  readonly resources: Resources;
  /** Of each of these one trait. */
  readonly required: readonly (readonly string[])[];
  readonly forbidden: readonly string[];
  /** Of each of these one aggregate. */
  readonly memberOf: readonly (readonly string[])[];
  readonly notMemberOf: readonly string[];
  /** A provider in whose tree it has to be. */
  readonly inTree?: string | undefined;
}

/** What allocation candidates are asked for (placement/lib.py: RequestWideParams). */
export interface CandidatesRequest {
  readonly groups: readonly Group[];
  /** No two groups of one provider each may be of the same one. */
  readonly isolate: boolean;
  /** What the root of the tree must have, and what it must not have. */
  readonly root: { readonly required: readonly string[]; readonly forbidden: readonly string[] };
  /** Suffixes of groups: in each of these, one of the providers is above all the others. */
  readonly sameSubtrees: readonly (readonly string[])[];
  readonly limit?: number | undefined;
  /** A client may not know that providers are parts of others: then no two of one tree. */
  readonly nested: boolean;
}
