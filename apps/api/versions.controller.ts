import { Controller, Get, HttpCode, Inject } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import type { Config } from '#config';
import { MAX_VOLUME_VERSION, MIN_VOLUME_VERSION } from './cinder/microversion.js';
import { Answers } from './http/described.js';
import { MAX_VERSION, MIN_VERSION } from './http/microversion.js';
import { Public } from './http/policy.js';
import { CONFIG } from './http/tokens.js';
import { MAX_PLACEMENT_VERSION, MIN_PLACEMENT_VERSION } from './placement/microversion.js';

const Link = Type.Object({ rel: Type.String(), href: Type.String(), type: Type.Optional(Type.String()) });
const text = Type.Optional(Type.String());
const Version = Type.Object(
  {
    id: Type.String(),
    status: Type.String(),
    version: text,
    min_version: text,
    max_version: text,
    updated: text,
    links: Type.Array(Link),
    'media-types': Type.Optional(Type.Array(Type.Object({ base: Type.String(), type: Type.String() }))),
  },
  { title: 'Version', additionalProperties: false },
);
const One = Type.Object({ version: Version });
const Resources = Type.Object({
  resources: Type.Array(Type.Object({ name: Type.String(), collection: Type.String(), links: Type.Array(Link) })),
});
const Many = Type.Object({ versions: Type.Array(Version) });

/** The versions documents, by which clients find their way before they have a token. */
@Controller()
@Public()
export class VersionsController {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  @Get()
  @Answers(Type.Object({ name: Type.String(), links: Type.Array(Link) }))
  root() {
    const paths = [
      'identity',
      'compute',
      'image',
      'network',
      'volume',
      'placement',
      'alarming',
      'metric',
      'object-store',
    ];
    return { name: 'novaflow', links: paths.map((rel) => ({ rel, href: `${this.config.publicUrl}/${rel}` })) };
  }

  @Get('identity')
  @HttpCode(300)
  @Answers(Type.Object({ versions: Type.Object({ values: Type.Array(Version) }) }))
  identity() {
    return { versions: { values: [this.identityV3().version] } };
  }

  @Get('identity/v3')
  @Answers(One)
  identityV3() {
    return {
      version: {
        id: 'v3.14',
        status: 'stable',
        updated: '2020-04-07T00:00:00Z',
        links: [{ rel: 'self', href: `${this.config.publicUrl}/identity/v3/` }],
        'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
      },
    };
  }

  @Get('compute')
  @Answers(Many)
  compute() {
    const { 'media-types': _v20, ...v20 } = this.computeV20().version;
    const { 'media-types': _v21, ...v21 } = this.computeV21().version;
    const self = ({ links }: { links: Static<typeof Link>[] }) => ({ links: links.slice(0, 1) });
    return {
      versions: [
        { ...v20, ...self(v20) },
        { ...v21, ...self(v21) },
      ],
    };
  }

  /** The same API as v2.1 without microversions; requests under it are answered as by 2.1. */
  @Get('compute/v2')
  @Answers(One)
  computeV20() {
    return {
      version: {
        id: 'v2.0',
        status: 'SUPPORTED',
        version: '',
        min_version: '',
        updated: '2011-01-21T11:33:21Z',
        links: [
          { rel: 'self', href: `${this.config.publicUrl}/compute/v2/` },
          { rel: 'describedby', type: 'text/html', href: 'http://docs.openstack.org/' },
        ],
        'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.compute+json;version=2' }],
      },
    };
  }

  @Get('compute/v2.1')
  @Answers(One)
  computeV21() {
    return {
      version: {
        id: 'v2.1',
        status: 'CURRENT',
        version: MAX_VERSION,
        min_version: MIN_VERSION,
        updated: '2013-07-23T11:33:21Z',
        links: [
          { rel: 'self', href: `${this.config.publicUrl}/compute/v2.1/` },
          { rel: 'describedby', type: 'text/html', href: 'http://docs.openstack.org/' },
        ],
        'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.compute+json;version=2.1' }],
      },
    };
  }

  @Get('image')
  @HttpCode(300)
  @Answers(Many)
  image() {
    const links = [{ rel: 'self', href: `${this.config.publicUrl}/image/v2/` }];
    return {
      versions: [
        { id: 'v2.9', status: 'CURRENT', links },
        ...['v2.7', 'v2.6', 'v2.5', 'v2.4', 'v2.3', 'v2.2', 'v2.1', 'v2.0'].map((id) => ({
          id,
          status: 'SUPPORTED',
          links,
        })),
      ],
    };
  }

  @Get('network')
  @Answers(Many)
  network() {
    return {
      versions: [
        { id: 'v2.0', status: 'CURRENT', links: [{ rel: 'self', href: `${this.config.publicUrl}/network/v2.0/` }] },
      ],
    };
  }

  @Get('network/v2.0')
  @Answers(Resources)
  networkV20() {
    return {
      resources: ['network', 'subnet', 'port'].map((name) => ({
        name,
        collection: `${name}s`,
        links: [{ rel: 'self', href: `${this.config.publicUrl}/network/v2.0/${name}s` }],
      })),
    };
  }

  @Get('volume')
  @HttpCode(300)
  @Answers(Many)
  volume() {
    return this.volumeV3();
  }

  @Get('volume/v3')
  @Answers(Many)
  volumeV3() {
    return {
      versions: [
        {
          id: 'v3.0',
          status: 'CURRENT',
          version: MAX_VOLUME_VERSION,
          min_version: MIN_VOLUME_VERSION,
          updated: '2022-03-30T00:00:00Z',
          links: [{ rel: 'self', href: `${this.config.publicUrl}/volume/v3/` }],
          'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.volume+json;version=3' }],
        },
      ],
    };
  }

  @Get('placement')
  @Answers(Many)
  placement() {
    return {
      versions: [
        {
          id: 'v1.0',
          status: 'CURRENT',
          min_version: MIN_PLACEMENT_VERSION,
          max_version: MAX_PLACEMENT_VERSION,
          links: [{ rel: 'self', href: '' }],
        },
      ],
    };
  }
}
