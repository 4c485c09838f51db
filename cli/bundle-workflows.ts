/** Bundles the workflows ahead of time, so that a conductor starts without webpack in its memory. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';
import { ROOT } from '#config';

const workflows = path.join(ROOT, 'dist/workflows/index.js');
const interceptors = path.join(ROOT, 'dist/workflows/engine/interceptors.js');
const { code } = await bundleWorkflowCode({
  workflowsPath: workflows,
  workflowInterceptorModules: [interceptors],
  // Their modules hold functions and constants, and nothing of one workflow. So all workflows of a conductor share them, in place of
  // having each run them again; the SDK freezes what they export.
  preloadModules: [workflows, interceptors],
  logger: new DefaultLogger('WARN'),
});
await writeFile(path.join(ROOT, 'dist/workflow-bundle.js'), code);
