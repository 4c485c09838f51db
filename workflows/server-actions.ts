/** Server actions by the name that POST /servers/{id}/action gives them. */
import { attachInterfaceAction } from './servers/attach-interface.js';
import { attachVolumeAction } from './servers/attach-volume.js';
import { detachInterfaceAction } from './servers/detach-interface.js';
import { detachVolumeAction } from './servers/detach-volume.js';
import { pause } from './servers/pause.js';
import { reboot } from './servers/reboot.js';
import { resume } from './servers/resume.js';
import { start } from './servers/start.js';
import { stop } from './servers/stop.js';
import { suspend } from './servers/suspend.js';
import { crashDump } from './servers/trigger-crash-dump.js';
import { unpause } from './servers/unpause.js';

export const SERVER_ACTIONS = {
  'os-stop': stop,
  'os-start': start,
  reboot,
  pause,
  unpause,
  suspend,
  resume,
  trigger_crash_dump: crashDump,
} as const;

/** Those that have routes of their own, by their names in os-instance-actions. */
export const ATTACHMENTS = {
  attach_volume: attachVolumeAction,
  detach_volume: detachVolumeAction,
  attach_interface: attachInterfaceAction,
  detach_interface: detachInterfaceAction,
} as const;
