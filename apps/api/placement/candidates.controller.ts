import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Services } from '#services/index';
import type { Candidates } from '#services/placement/index';
import { byMinor } from '../http/by-minor.js';
import { Described } from '../http/described.js';
import { Policy } from '../http/policy.js';
import { Minor, type ApiRequest } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { queryOf } from '../kit/page.js';
import { CANDIDATES, CANDIDATES_QUERY, candidatesRequestOf } from './candidate-query.js';
import { absent, freshness } from './dialect.js';
import { className } from './inventory-schemas.js';

/** The microversions at which the answer changed (placement/handlers/allocation_candidate.py). */
const BY_PROVIDER = 12;
const SHOWS_TRAITS = 17;
const SHOWS_ALL_CLASSES = 27;
const SHOWS_PLACE = 29;
const SHOWS_MAPPINGS = 34;

const strict = { additionalProperties: false };
const uuid = Type.String({ format: 'uuid' });
const whole = Type.Integer();
const resources = Type.Record(className, whole, strict);
const used = Type.Object({ capacity: whole, used: whole }, strict);
const listed = Type.Array(Type.Object({ resource_provider: Type.Object({ uuid }, strict), resources }, strict));
const candidatesAnswer = byMinor(
  (minor) => {
    const summary = {
      resources: Type.Record(className, used, strict),
      ...(minor < SHOWS_TRAITS ? {} : { traits: Type.Array(Type.String()) }),
      ...(minor < SHOWS_PLACE
        ? {}
        : { root_provider_uuid: uuid, parent_provider_uuid: Type.Union([uuid, Type.Null()]) }),
    };
    const request = {
      allocations:
        minor < BY_PROVIDER ? listed : Type.Record(Type.String(), Type.Object({ resources }, strict), strict),
      ...(minor < SHOWS_MAPPINGS ? {} : { mappings: Type.Record(Type.String(), Type.Array(uuid), strict) }),
    };
    return Type.Object(
      {
        allocation_requests: Type.Array(Type.Object(request, strict)),
        provider_summaries: Type.Record(Type.String(), Type.Object(summary, strict), strict),
      },
      { title: 'AllocationCandidates', ...strict },
    );
  },
  [0, BY_PROVIDER, SHOWS_TRAITS, SHOWS_PLACE, SHOWS_MAPPINGS],
);

/** Where what a client asks for could be allocated (placement/handlers/allocation_candidate.py). */
@Controller('placement/allocation_candidates')
export class CandidatesController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  @Policy('placement:allocation_candidates:list')
  @Described({ since: CANDIDATES, query: CANDIDATES_QUERY, answer: candidatesAnswer })
  async list(@Minor() minor: number, @Req() request: ApiRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    if (minor < CANDIDATES) throw absent();
    const asked = candidatesRequestOf(queryOf(request), minor);
    const { requests, providers } = await this.services.placement.candidates(asked);
    const classes = new Set(asked.groups.flatMap((group) => Object.keys(group.resources)));
    void reply.headers(freshness([], minor));
    return {
      allocation_requests: requests.map((one) => requestView(one, minor)),
      provider_summaries: Object.fromEntries(
        providers.map((one) => [one.id, summaryView(one, minor < SHOWS_ALL_CLASSES ? classes : undefined, minor)]),
      ),
    };
  }
}

function requestView({ allocations, mappings }: Candidates['requests'][number], minor: number) {
  if (minor < BY_PROVIDER)
    return {
      allocations: [...allocations].map(([id, amounts]) => ({ resource_provider: { uuid: id }, resources: amounts })),
    };
  return {
    allocations: Object.fromEntries([...allocations].map(([id, amounts]) => [id, { resources: amounts }])),
    ...(minor < SHOWS_MAPPINGS ? {} : { mappings: Object.fromEntries(mappings) }),
  };
}

/** @param only the classes that are shown; all when left out */
function summaryView(
  { classes, traits, root, parent }: Candidates['providers'][number],
  only: ReadonlySet<string> | undefined,
  minor: number,
) {
  const shown = Object.entries(classes).filter(([name]) => only === undefined || only.has(name));
  return {
    resources: Object.fromEntries(shown.map(([name, { capacity, used: taken }]) => [name, { capacity, used: taken }])),
    ...(minor < SHOWS_TRAITS ? {} : { traits }),
    ...(minor < SHOWS_PLACE ? {} : { parent_provider_uuid: parent, root_provider_uuid: root }),
  };
}
