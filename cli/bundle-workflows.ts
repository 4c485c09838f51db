/** Bundles the workflows ahead of time, so that a conductor starts without webpack in its memory. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';
import { ROOT } from '#config';

const { code } = await bundleWorkflowCode({
  workflowsPath: path.join(ROOT, 'dist/workflows/index.js'),
  workflowInterceptorModules: [path.join(ROOT, 'dist/workflows/engine/interceptors.js')],
  logger: new DefaultLogger('WARN'),
});
await writeFile(path.join(ROOT, 'dist/workflow-bundle.js'), code);
