/** Task queues of the bare workflow; its workflow code imports them, so there is nothing else here. */
export const BARE_QUEUE = 'bench-bare';
export const BARE_HOST_QUEUE = 'bench-bare-host';
