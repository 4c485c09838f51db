import { Type } from 'typebox';
import { HeardCache } from '../../kernel/heard-cache.js';
import type { Listener } from '../../kernel/listen.js';
import type { Statements } from '../../kernel/database.js';
import { bool, nullable, rowType, rowsOf, text, type Row } from '../../kernel/rows.js';
import { givenTo } from './filtered.js';
import { formatUrl, type UrlValues } from './urls.js';

export interface CatalogEntry {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly endpoints: readonly {
    readonly id: string;
    readonly interface: string;
    readonly region: string | null;
    readonly region_id: string | null;
    readonly url: string;
  }[];
}

const SERVICE = rowType({
  id: text,
  type: text,
  name: text,
  /** Whether the project was given some endpoints, and has no others. */
  filtered: bool,
  endpoints: Type.Array(Type.Object({ id: text, interface: text, region_id: nullable(text), url: text })),
});

/** Projects whose catalogs are kept; each takes some kilobytes. */
const MAX = 1_000;

/** For whom a catalog is. */
interface Reader {
  readonly userId: string;
  /** Absent for a token of a domain or of the system, which sees no endpoint whose address names a project. */
  readonly projectId?: string | undefined;
}

/** The services and endpoints that come with a token (keystone/catalog/backends/sql.py: get_v3_catalog). */
export class Catalog {
  private readonly cache: HeardCache<readonly Row<typeof SERVICE>[]>;

  /** @param publicUrl the API's address, without a slash at the end */
  constructor(
    private readonly sql: Statements,
    listener: Listener,
    private readonly publicUrl: string,
  ) {
    this.cache = new HeardCache(listener, { max: MAX });
  }

  /** Forgets in this process what is known; the others hear of a change from the change itself. */
  forget(): void {
    this.cache.forget();
  }

  /** What is enabled. One whose address cannot be made is left out. */
  async of({ userId, projectId }: Reader): Promise<CatalogEntry[]> {
    const services = await this.cache.get(projectId ?? '', () => this.read(projectId ?? null));
    const values = {
      user_id: userId,
      public_endpoint: `${this.publicUrl}/identity`,
      ...(projectId === undefined ? {} : { project_id: projectId, tenant_id: projectId }),
    };
    return services.flatMap((service) => entryOf(service, values));
  }

  private read(projectId: string | null): Promise<Row<typeof SERVICE>[]> {
    return rowsOf(this.sql, SERVICE)`
      WITH given AS (${givenTo(projectId)})
      SELECT s.id, s.type, COALESCE(s.name, '') AS name, EXISTS (SELECT 1 FROM given) AS filtered,
        COALESCE(jsonb_agg(jsonb_build_object(
          'id', e.id, 'interface', e.interface, 'region_id', e.region_id, 'url', e.url)
          ORDER BY e.region_id, e.interface, e.id) FILTER (WHERE e.id IS NOT NULL), '[]') AS endpoints
      FROM keystone.services s
      LEFT JOIN keystone.endpoints e ON e.service_id = s.id AND e.enabled
        AND (NOT EXISTS (SELECT 1 FROM given) OR e.id IN (SELECT id FROM given))
      WHERE s.enabled GROUP BY s.id ORDER BY s.type, s.id`;
  }
}

/** A service without endpoints is left out where a project was given some, as in Keystone. */
function entryOf({ filtered, ...service }: Row<typeof SERVICE>, values: UrlValues): CatalogEntry[] {
  const endpoints = service.endpoints.flatMap(({ url: pattern, region_id, ...endpoint }) => {
    const url = formatUrl(pattern, values);
    return url === undefined ? [] : [{ ...endpoint, region: region_id, region_id, url }];
  });
  return filtered && endpoints.length === 0 ? [] : [{ ...service, endpoints }];
}
