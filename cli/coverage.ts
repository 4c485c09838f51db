/** npm run coverage [-- SERVICE]: how many of OpenStack's documented operations are here, and which of a service are not. */
import { countOf, coverageOf, operations, percentOf } from './coverage-table.js';

const all = await operations();
const [wanted] = process.argv.slice(2);
for (const row of [...coverageOf(all), { service: 'all', ...countOf(all) }]) {
  const { service, documented, here, leftOut } = row;
  const counted = documented - leftOut;
  const without = leftOut === 0 ? '' : `, ${leftOut} left out`;
  console.log(
    `${service.padEnd(10)} ${String(here).padStart(4)} of ${String(counted).padStart(4)} ${String(percentOf(row)).padStart(3)} %${without}`,
  );
}
for (const { method, path, action } of all.filter((o) => !o.here && o.leftOut === undefined && o.service === wanted))
  console.log(`  missing: ${method} ${path} ${action}`);
