import { type AddonStatus, addonStatus } from '../native/load';

/** Whether the native engine loads, from where, and which instruction set and how many threads it would use. */
export function engineStatus(): AddonStatus {
  return addonStatus();
}
