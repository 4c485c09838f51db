import { whole } from './setting.js';

/** How often the API may be asked. Each api process counts by itself. */
export const rateLimit = {
  anonymous: whole(
    'NOVAFLOW_RATE_ANONYMOUS',
    30_000,
    'Requests a minute from one address without a token that holds; 0 is unlimited. What is beyond is answered with 429 and Retry-After.',
  ),
  log_ins: whole(
    'NOVAFLOW_RATE_LOG_INS',
    1_000,
    'Log-ins a minute from one address, those that fail among them; 0 is unlimited. Each costs the api some 40 ms of a core, and is a guess at a password.',
  ),
  project: whole(
    'NOVAFLOW_RATE_PROJECT',
    300_000,
    'Requests a minute of one project, from all addresses; 0 is unlimited.',
  ),
};
