/** What a volume in a status is and has: the one place that says so, for audits and for what may be done to it. */
export interface VolumeStateFacts {
  /** Whether its storage host has to have its bytes. */
  readonly bytes: 'yes' | 'maybe';
  /** Whether an operation of its own works on it. */
  readonly underWay?: true;
  /** Whether an attachment has to be there. */
  readonly attached?: true;
  /** Whether it may be deleted. */
  readonly deletable?: true;
}

const VOLUME_STATES = {
  creating: { bytes: 'maybe', underWay: true },
  available: { bytes: 'yes', deletable: true },
  reserved: { bytes: 'yes', attached: true },
  'in-use': { bytes: 'yes', attached: true },
  detaching: { bytes: 'yes', attached: true },
  deleting: { bytes: 'maybe', underWay: true },
  error: { bytes: 'maybe', deletable: true },
} as const satisfies Record<string, VolumeStateFacts>;

/** The table as data, by status. */
export const VOLUME_STATE_FACTS: Readonly<Record<string, VolumeStateFacts>> = VOLUME_STATES;
const FACTS = VOLUME_STATE_FACTS;
const statusesThat = (which: (facts: VolumeStateFacts) => boolean): readonly string[] =>
  Object.entries(FACTS).flatMap(([status, facts]) => (which(facts) ? [status] : []));

export const VOLUMES_WITH_BYTES = statusesThat(({ bytes }) => bytes === 'yes');
export const VOLUMES_UNDER_WAY = statusesThat(({ underWay }) => underWay === true);
export const VOLUMES_ATTACHED = statusesThat(({ attached }) => attached === true);
export const VOLUMES_DELETABLE = statusesThat(({ deletable }) => deletable === true);
