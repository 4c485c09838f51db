import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);
const VIEWER = path.dirname(require.resolve('swagger-ui-dist/package.json'));
const ofViewer = (file: string): string => path.join(VIEWER, file);

/** The viewer's files as its package has them, with their media types. */
export const FILES: ReadonlyMap<string, { readonly path: string; readonly type: string }> = new Map([
  ['swagger-ui.css', { path: ofViewer('swagger-ui.css'), type: 'text/css; charset=utf-8' }],
  ['swagger-ui-bundle.js', { path: ofViewer('swagger-ui-bundle.js'), type: 'text/javascript; charset=utf-8' }],
  [
    'swagger-ui-standalone-preset.js',
    { path: ofViewer('swagger-ui-standalone-preset.js'), type: 'text/javascript; charset=utf-8' },
  ],
  ['favicon-32x32.png', { path: ofViewer('favicon-32x32.png'), type: 'image/png' }],
]);

/**
 * What the page may load: from this API, and nothing else. The viewer has icons as `data:` images, and sets styles of single
 * elements.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page that shows the documents. @param base the path under which the API is */
export const page = (base: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Novaflow's API</title>
    <link rel="stylesheet" href="${base}/docs/swagger-ui.css" />
    <link rel="icon" type="image/png" href="${base}/docs/favicon-32x32.png" />
  </head>
  <body>
    <div id="documents"></div>
    <script src="${base}/docs/swagger-ui-bundle.js"></script>
    <script src="${base}/docs/swagger-ui-standalone-preset.js"></script>
    <script src="${base}/docs/start.js"></script>
  </body>
</html>
`;

/** Starts the viewer with all documents to choose from. Its own validator is a site of others, and is not asked. */
export const startScript = (base: string, names: readonly string[]): string => `SwaggerUIBundle(${JSON.stringify({
  urls: names.map((name) => ({ name, url: `${base}/openapi/${name}.json` })),
  'urls.primaryName': 'compute',
  dom_id: '#documents',
  deepLinking: true,
  docExpansion: 'none',
  showExtensions: true,
  validatorUrl: null,
  layout: 'StandaloneLayout',
}).replace(/\}$/, ',"presets":[SwaggerUIBundle.presets.apis,SwaggerUIStandalonePreset]}')});
`;
