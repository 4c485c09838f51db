import { Controller, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { Type } from 'typebox';
import type { Config } from '#config';
import { badRequest, notFound } from '#services/kernel/errors';
import { pointsOf } from '#activities/host/points';
import { ACTIVITY_NAMES, stepTitles } from '#workflows/flows';
import { Answers, ValidBody } from '#apps/api/http/described';
import { Policy } from '#apps/api/http/policy';
import { CONFIG } from '#apps/api/http/tokens';
import { FaultSchema, FaultStore, StoredFault, faultProblem, type FaultInput } from './store.js';

const StepToFail = Type.Object(
  { name: Type.String(), title: Type.String(), points: Type.Array(Type.String()) },
  { additionalProperties: false, title: 'StepToFail' },
);

/** Failure injection for administrators, and for the dashboard. The api has this controller in development mode only. */
@Controller('internal/faults')
@Policy('novaflow:faults')
export class FaultsController {
  private readonly store: FaultStore;

  constructor(@Inject(CONFIG) config: Config) {
    this.store = new FaultStore(config.home);
  }

  /** The faults that are set, each with how often it struck. */
  @Get()
  @Answers(Type.Object({ faults: Type.Array(Type.Object({ ...StoredFault.properties, hits: Type.Integer() })) }))
  list() {
    return { faults: this.store.list().map((f) => ({ ...f, hits: this.store.countHits(f.id) })) };
  }

  /** What can be made to fail, by the tables of steps: each activity with what it does, and with its points. */
  @Get('steps')
  @Answers(Type.Object({ steps: Type.Array(StepToFail) }))
  steps() {
    const titles = stepTitles();
    return {
      steps: ACTIVITY_NAMES.map((name) => ({ name, title: titles.get(name) ?? name, points: [...pointsOf(name)] })),
    };
  }

  @Post()
  @HttpCode(201)
  @Answers(Type.Object({ fault: StoredFault }))
  async add(@ValidBody(FaultSchema) input: FaultInput) {
    if (!ACTIVITY_NAMES.includes(input.step))
      throw badRequest(`There is no step ${input.step}. Steps: ${ACTIVITY_NAMES.join(', ')}.`);
    const problem = faultProblem(input);
    if (problem !== undefined) throw badRequest(problem);
    return { fault: await this.store.add(input) };
  }

  @Delete()
  @HttpCode(204)
  async clear(): Promise<void> {
    await this.store.clear();
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@Param('id') id: string): Promise<void> {
    if ((await this.store.clear((f) => f.id === id)) === 0) throw notFound('FaultNotFound', `There is no fault ${id}.`);
  }
}
