import { Type } from 'typebox';
import { DISK_FORMATS } from '#services/glance/disk-formats';
import { INT4_MAX } from '../http/numbers.js';

const nullable = <T extends ReturnType<typeof Type.String>>(schema: T) => Type.Union([schema, Type.Null()]);

/** What Glance itself knows of an image; every other key is a custom property with a string for a value. */
export const CreateImageSchema = Type.Object(
  {
    id: Type.Optional(Type.String({ format: 'uuid' })),
    name: Type.Optional(nullable(Type.String({ maxLength: 255 }))),
    owner: Type.Optional(nullable(Type.String({ maxLength: 255 }))),
    disk_format: Type.Optional(Type.Unsafe<string>({ type: 'string', enum: [...DISK_FORMATS] })),
    container_format: Type.Optional(
      Type.Union(['bare', 'ovf', 'ova', 'ami', 'ari', 'aki', 'docker', 'compressed'].map((f) => Type.Literal(f))),
    ),
    visibility: Type.Optional(Type.Union(['public', 'private', 'shared', 'community'].map((v) => Type.Literal(v)))),
    min_disk: Type.Optional(Type.Integer({ minimum: 0, maximum: INT4_MAX })),
    min_ram: Type.Optional(Type.Integer({ minimum: 0, maximum: INT4_MAX })),
    protected: Type.Optional(Type.Boolean()),
    os_hidden: Type.Optional(Type.Boolean()),
    tags: Type.Optional(Type.Array(Type.String({ maxLength: 255 }))),
  },
  { additionalProperties: Type.String({ maxLength: 255 }) },
);
