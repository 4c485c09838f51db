import { flag, text, whole } from './setting.js';

/** Pages of other origins (oslo_middleware: cors). */
export const cors = {
  allowed_origin: text(
    'NOVAFLOW_CORS_ALLOWED_ORIGIN',
    '',
    'Origins whose pages may use the API, each as https://host:port, with commas between them; none when empty (cors.allowed_origin). `*` is every origin.',
  ),
  allow_credentials: flag(
    'NOVAFLOW_CORS_ALLOW_CREDENTIALS',
    false,
    'Whether such a page may have a browser send its cookies (cors.allow_credentials). The API reads none.',
  ),
  max_age: whole('NOVAFLOW_CORS_MAX_AGE', 3_600, 'Seconds that a browser remembers what it may ask (cors.max_age).'),
};
