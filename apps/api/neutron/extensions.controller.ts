import { Controller, Get, Param } from '@nestjs/common';
import { OpenStackError } from '#services/kernel/errors';
import { Policy } from '../http/policy.js';
import { EXTENSIONS } from './extensions.js';

/** The extensions of Neutron that are here. */
@Controller('network/v2.0/extensions')
export class ExtensionsController {
  @Get()
  @Policy('novaflow:authenticated')
  list() {
    return { extensions: EXTENSIONS };
  }

  @Get(':alias')
  @Policy('novaflow:authenticated')
  show(@Param('alias') alias: string) {
    const extension = EXTENSIONS.find((e) => e.alias === alias);
    if (extension) return { extension };
    throw new OpenStackError(404, 'HTTPNotFound', `Extension with alias ${alias} does not exist`);
  }
}
