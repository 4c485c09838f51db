export { Notifications, type Notification } from './notifications.js';
export { Readers, type Reader, type Turn } from './readers.js';
