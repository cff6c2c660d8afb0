/** The order in which rows are picked by score lives in core, where analysis can use the same one. */
export { rankDescending } from '../core/rank';
