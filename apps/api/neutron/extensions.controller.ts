import { Controller, Get, Param } from '@nestjs/common';
import { Type } from 'typebox';
import { OpenStackError } from '#services/kernel/errors';
import { Answers } from '../http/described.js';
import { Policy } from '../http/policy.js';
import { EXTENSIONS } from './extensions.js';

const text = Type.String();
const Extension = Type.Object(
  { alias: text, name: text, description: text, updated: text, links: Type.Array(Type.Unknown()) },
  { title: 'Extension', additionalProperties: false },
);

/** The extensions of Neutron that are here. */
@Controller('network/v2.0/extensions')
export class ExtensionsController {
  @Get()
  @Policy('novaflow:authenticated')
  @Answers(Type.Object({ extensions: Type.Array(Extension) }))
  list() {
    return { extensions: EXTENSIONS };
  }

  @Get(':alias')
  @Policy('novaflow:authenticated')
  @Answers(Type.Object({ extension: Extension }))
  show(@Param('alias') alias: string) {
    const extension = EXTENSIONS.find((e) => e.alias === alias);
    if (extension) return { extension };
    throw new OpenStackError(404, 'HTTPNotFound', `Extension with alias ${alias} does not exist`);
  }
}
