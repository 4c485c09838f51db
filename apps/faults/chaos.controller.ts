import { Controller, Get, Inject, Param } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import type { Config } from '#config';
import { notFound } from '#services/kernel/errors';
import { Answers } from '#apps/api/http/described';
import { Policy } from '#apps/api/http/policy';
import { CONFIG } from '#apps/api/http/tokens';
import { ChaosRecord, ChaosRuns, ChaosSummary } from './chaos-runs.js';

const List = Type.Object({ runs: Type.Array(ChaosSummary) }, { additionalProperties: false });

/** What chaos runs on this machine did and what came of it, for administrators. In development mode only, as failure injection. */
@Controller('internal/chaos')
@Policy('novaflow:faults')
export class ChaosController {
  private readonly runs: ChaosRuns;

  constructor(@Inject(CONFIG) config: Config) {
    this.runs = new ChaosRuns(config.home);
  }

  @Get()
  @Answers(List)
  async list(): Promise<Static<typeof List>> {
    return { runs: await this.runs.list() };
  }

  @Get(':id')
  @Answers(ChaosRecord)
  async show(@Param('id') id: string): Promise<ChaosRecord> {
    const found = await this.runs.find(id);
    if (found === undefined) throw notFound('ChaosRunNotFound', `There is no chaos run ${id}.`);
    return found;
  }
}
