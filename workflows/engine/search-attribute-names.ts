/** The search attributes of Novaflow's workflows, all of type Keyword: a namespace must know them before a workflow may carry one. */
export const ATTRIBUTE_NAMES = ['ServerId', 'ProjectId', 'OperationState'] as const;
