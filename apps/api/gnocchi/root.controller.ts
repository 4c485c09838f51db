import { Controller, Get, Inject } from '@nestjs/common';
import { Type } from 'typebox';
import type { Config } from '#config';
import { METHODS } from '#services/gnocchi/index';
import type { Services } from '#services/index';
import { Answers, Described } from '../http/described.js';
import { Policy, Public } from '../http/policy.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { baseOf } from './location.js';
import { QueryOf, type GivenQuery } from './request.js';

/** The release that this API is as. Clients ask for it before they use what newer ones have. */
const BUILD = '4.7.1';
const Link = Type.Object({ rel: Type.String(), href: Type.String() });
const PARTS = [
  'aggregates',
  'aggregation',
  'archive_policy',
  'archive_policy_rule',
  'batch',
  'capabilities',
  'metric',
  'resource',
  'resource_type',
  'search',
  'status',
];
const Summary = Type.Object({ metrics: Type.Integer(), measures: Type.Integer() });

/** What there is of Gnocchi (gnocchi/rest/api.py: VersionsController, V1Controller, StatusController, CapabilityController). */
@Controller('metric')
export class GnocchiController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get()
  @Public()
  @Answers(
    Type.Object({
      build: Type.String(),
      versions: Type.Array(
        Type.Object({ id: Type.String(), status: Type.String(), updated: Type.String(), links: Type.Array(Link) }),
      ),
    }),
  )
  versions() {
    const links = [{ rel: 'self', href: `${baseOf(this.config)}/` }];
    return { build: BUILD, versions: [{ id: 'v1.0', status: 'CURRENT', updated: '2015-03-19', links }] };
  }

  @Get('v1')
  @Public()
  @Answers(Type.Object({ version: Type.String(), links: Type.Array(Link) }))
  v1() {
    const base = baseOf(this.config);
    return {
      version: '1.0',
      links: [{ rel: 'self', href: base }, ...PARTS.map((rel) => ({ rel, href: `${base}/${rel}` }))],
    };
  }

  @Get('v1/capabilities')
  @Public()
  @Answers(Type.Object({ aggregation_methods: Type.Array(Type.String()) }))
  capabilities() {
    return { aggregation_methods: [...METHODS] };
  }

  /** Measures are taken as they come, so that none ever waits to be processed; and there are no processes for it. */
  @Get('v1/status')
  @Policy('metric:get status')
  @Described({ query: { details: { description: 'Whether to say it of each metric.' } } })
  @Answers(
    Type.Object({
      storage: Type.Object({ summary: Summary, measures_to_process: Type.Optional(Type.Object({})) }),
      metricd: Type.Object({ processors: Type.Array(Type.String()), statistics: Type.Object({}) }),
    }),
  )
  status(@QueryOf() query: GivenQuery) {
    const details = query.one('details') === undefined || query.flag('details');
    return {
      storage: { summary: { metrics: 0, measures: 0 }, ...(details ? { measures_to_process: {} } : {}) },
      metricd: { processors: [], statistics: {} },
    };
  }

  @Get('v1/resource')
  @Policy('metric:list resource type')
  @Answers(Type.Record(Type.String(), Type.String()))
  async resourceTypes() {
    const types = await this.services.gnocchi.resourceTypes.list();
    return Object.fromEntries(
      types.map(({ name }) => [name, `${baseOf(this.config)}/resource/${encodeURIComponent(name)}`]),
    );
  }
}
