/** Lists are sorted from low to critical, and not by the words (aodh/storage/impl_sqlalchemy.py, which can on MySQL alone). */
export const bySeverity = { sort: true, sortedBy: 'severity_rank' } as const;
