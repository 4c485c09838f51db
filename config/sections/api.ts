import { text, whole } from './setting.js';

/** The HTTP API. */
export const api = {
  request_timeout: whole(
    'NOVAFLOW_REQUEST_TIMEOUT',
    30,
    'Seconds in which the headers of a request, and then a body that is no upload, have to arrive; then it is answered with 408. A MiB takes less on any line, and what does not come holds a connection.',
    1,
  ),
  upload_timeout: whole(
    'NOVAFLOW_UPLOAD_TIMEOUT',
    60,
    'Seconds of an upload (an image, an object) in which at least a KiB a second has to arrive; then it is answered with 408. An upload has no limit in all.',
    1,
  ),
  trusted_proxies: text(
    'NOVAFLOW_TRUSTED_PROXIES',
    '',
    'Addresses or networks of the proxies in front of the API, with commas between them: what they say in X-Forwarded-For is who asks, for limits and for the audit trail (oslo_middleware.enable_proxy_headers_parsing). Nobody else is believed.',
  ),
};
