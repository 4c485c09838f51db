import { defineSearchAttributeKey } from '@temporalio/common';
import type { ATTRIBUTE_NAMES } from './search-attribute-names.js';

const keyword = (name: (typeof ATTRIBUTE_NAMES)[number]) => defineSearchAttributeKey(name, 'KEYWORD');

export const serverIdAttribute = keyword('ServerId');
export const projectIdAttribute = keyword('ProjectId');
/** UNDOING while a saga takes back what it did, STUCK while an undo does not succeed, UNDONE when all is taken back. */
export const operationState = keyword('OperationState');
