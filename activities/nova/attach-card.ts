import { Type } from 'typebox';
import { beating } from '../host/beat.js';
import { point } from '../host/points.js';
import { Vif, onMachine } from '../schemas.js';
import { computeStep } from '../step.js';

const cardOfServer = Type.Object({ ...onMachine, vif: Vif });

/** Plugs a card and attaches it to the guest. Its undo is detachCard, whose undo is this (see attach-disk.ts). */
export const attachCard = computeStep(cardOfServer, ({ hypervisor, cards, fence }, input) =>
  beating(() =>
    fence.inTurn(input.serverId, undefined, async () => {
      await cards.plug({ ...input, vifs: [input.vif] });
      await point('attachCard:plugged');
      await hypervisor.attachCard(input, { id: input.vif.portId, mac: input.vif.mac });
    }),
  ),
);

/** Detaches the card from the guest and unplugs it. @throws InterfaceDetachFailed when the guest does not release it */
export const detachCard = computeStep(cardOfServer, ({ hypervisor, cards, fence }, input) =>
  beating(() =>
    fence.inTurn(input.serverId, undefined, async () => {
      await hypervisor.detachCard(input, input.vif.portId);
      await point('detachCard:removed');
      await cards.unplug({ ...input, vifs: [input.vif] });
    }),
  ),
);
