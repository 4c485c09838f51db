import type { FastifyReply } from 'fastify';
import type { Issued, Receipt, TokenInfo } from '#services/keystone/index';
import { ReceiptSchema, TokenSchema, receiptView } from './views.js';

/** What a log-in answers, by status. */
export const LOG_IN_ANSWERS = { 201: TokenSchema, 401: ReceiptSchema } as const;

/**
 * Answers a log-in by its token, or by the receipt that a user gets whose own rules ask for more.
 * @param view what a token shows
 */
export async function answerLogIn(
  reply: FastifyReply,
  issued: Issued | Receipt,
  view: (info: TokenInfo) => object | Promise<object>,
): Promise<object> {
  if ('receipt' in issued) {
    void reply.status(401).header('Openstack-Auth-Receipt', issued.receipt);
    return receiptView(issued);
  }
  void reply.header('X-Subject-Token', issued.token).header('Vary', 'X-Auth-Token');
  return view(issued.info);
}
