import { defineSearchAttributeKey } from '@temporalio/common';

export const serverIdAttribute = defineSearchAttributeKey('ServerId', 'KEYWORD');
export const projectIdAttribute = defineSearchAttributeKey('ProjectId', 'KEYWORD');
/** The compute host that a server's operation is on. */
export const hostAttribute = defineSearchAttributeKey('Host', 'KEYWORD');
/** UNDOING while a saga takes back what it did, STUCK while an undo does not succeed, UNDONE when all is taken back. */
export const operationState = defineSearchAttributeKey('OperationState', 'KEYWORD');

/** The names of all of them: a namespace must know them before a workflow may carry one. */
export const SEARCH_ATTRIBUTES = [serverIdAttribute, projectIdAttribute, hostAttribute, operationState].map((key) => key.name);
