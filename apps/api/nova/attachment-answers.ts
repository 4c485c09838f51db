import { Type, type TSchema } from 'typebox';
import { byMinor } from '../http/by-minor.js';
import { since, strict, until } from './server-schemas.js';

/** What is answered about a server's volumes and cards, by microversion. */
const text = Type.String();
const orNull = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);
const termination = (minor: number) => since(minor, 79, { delete_on_termination: Type.Boolean() });
const tag = (minor: number) => since(minor, 70, { tag: orNull(text) });

const volume = (minor: number): TSchema =>
  Type.Object(
    {
      ...until(minor, 89, { id: text }),
      ...since(minor, 89, { attachment_id: text, bdm_uuid: text }),
      volumeId: text,
      serverId: text,
      device: orNull(text),
      ...tag(minor),
      ...termination(minor),
    },
    { title: 'VolumeAttachment', additionalProperties: false },
  );
const VOLUME_CHANGES = [1, 70, 79, 89] as const;

export const volumeAttachmentsSchema = byMinor(
  (minor) => strict({ volumeAttachments: Type.Array(volume(minor)) }),
  VOLUME_CHANGES,
);
export const volumeAttachmentSchema = byMinor((minor) => strict({ volumeAttachment: volume(minor) }), VOLUME_CHANGES);
/** What POST answers until 2.100; since then it has no body. */
export const attachedSchema = byMinor(
  (minor) =>
    strict({
      volumeAttachment: strict({
        id: text,
        serverId: text,
        volumeId: text,
        device: text,
        ...tag(minor),
        ...termination(minor),
      }),
    }),
  [1, 70, 79],
);

const card = (minor: number): TSchema =>
  Type.Object(
    {
      net_id: text,
      port_id: text,
      mac_addr: text,
      port_state: text,
      fixed_ips: Type.Array(strict({ ip_address: text, subnet_id: text })),
      ...tag(minor),
    },
    { title: 'InterfaceAttachment', additionalProperties: false },
  );
export const interfacesSchema = byMinor((minor) => strict({ interfaceAttachments: Type.Array(card(minor)) }), [1, 70]);
export const interfaceSchema = byMinor((minor) => strict({ interfaceAttachment: card(minor) }), [1, 70]);
