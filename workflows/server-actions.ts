/** Server actions by the name that POST /servers/{id}/action gives them. */
import { pause } from './servers/pause.js';
import { reboot } from './servers/reboot.js';
import { resume } from './servers/resume.js';
import { start } from './servers/start.js';
import { stop } from './servers/stop.js';
import { suspend } from './servers/suspend.js';
import { unpause } from './servers/unpause.js';

export const SERVER_ACTIONS = {
  'os-stop': stop,
  'os-start': start,
  reboot,
  pause,
  unpause,
  suspend,
  resume,
} as const;
