/** npm run coverage [-- SERVICE]: how many of OpenStack's documented operations are here, and which of a service are not. */
import { coverageOf, operations } from './coverage-table.js';

const all = await operations();
const [wanted] = process.argv.slice(2);
for (const { service, documented, here } of coverageOf(all))
  console.log(`${service.padEnd(10)} ${String(here).padStart(4)} of ${String(documented).padStart(4)}`);
console.log(
  `${'all'.padEnd(10)} ${String(all.filter((o) => o.here).length).padStart(4)} of ${String(all.length).padStart(4)}`,
);
for (const { method, path, action } of all.filter((o) => !o.here && o.service === wanted))
  console.log(`  missing: ${method} ${path} ${action}`);
