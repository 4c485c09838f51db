import { Controller, Get } from '@nestjs/common';
import { Type, type TSchema } from 'typebox';
import { image } from '#services/glance/index';
import type { AnyField, AnySpec } from '#services/kernel/resource/spec';
import { Answers } from '../http/described.js';
import { KitPolicy } from '../http/policy.js';

type Json = Readonly<Record<string, unknown>>;
/** A JSON schema, as Glance writes one. */
const Schema = Type.Record(Type.String(), Type.Unknown());

/** The schemas by which clients know what an image has (glance/api/v2/schemas.py), made of its description. */
@Controller('image/v2/schemas')
export class ImageSchemasController {
  @Get('image')
  @KitPolicy(image, 'get')
  @Answers(Schema)
  image() {
    return itemOf(image);
  }

  @Get('images')
  @KitPolicy(image, 'list')
  @Answers(Schema)
  images() {
    const link = (rel: string, of: string): Json => ({ rel, href: `{${of}}` });
    return {
      name: 'images',
      properties: {
        images: { type: 'array', items: itemOf(image) },
        first: { type: 'string' },
        next: { type: 'string' },
        schema: { type: 'string' },
      },
      links: [link('first', 'first'), link('next', 'next'), link('describedby', 'schema')],
    };
  }
}

function itemOf({ names: [name], fields, extra }: AnySpec): Json {
  const links = { self: 'self', file: 'enclosure', schema: 'describedby' };
  const readOnly = { type: 'string', readOnly: true };
  return {
    name,
    properties: {
      ...Object.fromEntries(Object.entries(fields).map(([of, field]) => [of, propertyOf(field)])),
      ...Object.fromEntries(Object.keys(links).map((of) => [of, readOnly])),
    },
    additionalProperties: extra === undefined ? false : { type: 'string' },
    links: Object.entries(links).map(([of, rel]) => ({ rel, href: `{${of}}` })),
  };
}

/** Glance's schemas have no unions: what may be null has two types. */
function propertyOf({ shape: { kind, schema }, options }: AnyField): Json {
  const { anyOf, ...own } = schema as TSchema & { anyOf?: readonly Json[] };
  const plain: Json = kind === 'time' ? { type: 'string' } : (anyOf?.[0] ?? own);
  const type = plain['type'] ?? 'string';
  const choices = plain['enum'] as readonly unknown[] | undefined;
  return {
    ...plain,
    type: anyOf === undefined ? type : ['null', type],
    ...(choices === undefined ? {} : { enum: anyOf === undefined ? choices : [null, ...choices] }),
    ...(options.write === undefined ? { readOnly: true } : {}),
  };
}
